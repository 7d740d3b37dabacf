/** Which step makes the name that a cell wants. */
import { hasResult, makerOf, missingName } from '../../src/cells/artifacts';
import { boardOf, stepNamed } from '../boards';

test.each([
  [{ output_type: 'error', ename: 'NameError', evalue: "name 'raw' is not defined" }, 'raw'],
  [
    {
      output_type: 'error',
      ename: 'NameError',
      evalue: "name 'rw' is not defined. Did you mean: 'raw'?"
    },
    'rw'
  ],
  [{ output_type: 'error', ename: 'KeyError', evalue: "name 'raw' is not defined" }, ''],
  [{ output_type: 'stream' }, '']
])('%j', (output, name) => {
  expect(missingName(output)).toBe(name);
});

test('the last step that writes a name makes it; what never ran has no result', () => {
  const load = stepNamed('load', { writes: ['raw'], status: 'completed' });
  const clean = stepNamed('clean', { writes: ['raw', 'clean'] });
  expect(makerOf(boardOf(load, clean), 'raw')?.name).toBe('clean');
  expect(makerOf(boardOf(load), 'nowhere')).toBeUndefined();
  expect([load, clean].map(hasResult)).toEqual([true, false]);
});
