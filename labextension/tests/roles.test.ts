/** What a cell's first lines make of it. */
import { asStep, roleOf } from '../src/roles';

test.each([
  ['%%step load', { kind: 'step', name: 'load' }],
  ['# what it does\n\n%%step größe --stage a\nx = 1', { kind: 'step', name: 'größe' }],
  ['%%step --run', { kind: 'step', name: '' }],
  ['%%params\nn = 1', { kind: 'params' }],
  ['%%setup\nimport os', { kind: 'setup' }],
  ['%%bash\nls', { kind: 'other magic' }],
  ['x = 1', { kind: 'plain' }],
  ['x = """\n%%step no\n"""', { kind: 'plain' }],
  ['%load_ext jupyter_pipes\n%pipeline run', { kind: 'empty' }],
  ['# only words\n', { kind: 'empty' }],
  ['', { kind: 'empty' }]
])('%j is %j', (source, role) => {
  expect(roleOf(source)).toEqual(role);
});

test('a cell is made a step by its first line, with the name to type over', () => {
  const made = asStep('df = 1', 'df');
  expect(made.source).toBe('%%step df\ndf = 1');
  expect(made.source.slice(made.from, made.to)).toBe('df');
  expect(roleOf(made.source)).toEqual({ kind: 'step', name: 'df' });
});
