/** What may stand at a place of a `%%step` line. */
import {
  declaredIn,
  functionsIn,
  helpAt,
  offeredFor,
  suggestionsAt
} from '../../src/cells/suggestions';

const names = {
  steps: ['load', 'clean', 'fit'],
  parameters: ['rows', 'model'],
  values: ['raw', 'tidied'],
  outputs: ['load.raw', 'fit.model'],
  queues: ['local', 'gpu'],
  functions: ['look']
};
const inConditions = ['rows', 'model', 'raw', 'tidied'];

function wordsAt(shown: string): string[] | null {
  const at = shown.indexOf('|');
  return suggestionsAt(shown.replace('|', ''), at, names)?.words.map(({ word }) => word) ?? null;
}

test.each([
  ['--timeout', ['${params.rows}', '${params.model}', '${load.raw}']],
  ['--stage', ['${params.rows}', '${params.model}']],
  ['--after', ['load', 'clean']],
  ['--queue', ['local', 'gpu', '${params.rows}', '${params.model}', '${load.raw}']],
  ['--when', inConditions]
])('the field of %s offers what may stand there', (flag, offered) => {
  expect(offeredFor(flag, 'fit', names)).toEqual(offered);
});

test('behind the name all options are offered that the line has not yet', () => {
  expect(wordsAt('%%step fit |')).toContain('--after');
  expect(wordsAt('%%step fit --after load --st|')).not.toContain('--after');
  expect(wordsAt('%%step fi|')).toBeNull();
});

test.each([
  ['%%step fit --after |', ['load', 'clean']],
  ['%%step fit --after load cl|', ['load', 'clean']],
  ['%%step fit --ignore-param |', ['rows', 'model']],
  ['%%step fit --on-fail |', ['skip', 'stop', 'ignore']],
  ['%%step fit --queue |', ['local', 'gpu']],
  ['%%step fit --in |', ['raw', 'tidied']],
  ['%%step fit --when |', inConditions],
  ['%%step fit --when "len(r|', inConditions],
  ['%%step fit --when "raw.r|', null],
  ['%%step fit --repeat-while "len(r|', inConditions],
  ['%%step fit --timeout ${|', ['${params.rows}', '${params.model}', '${load.raw}']],
  ['%%step fit --timeout ${|}', ['${params.rows', '${params.model', '${load.raw']],
  [
    '%%step other --file data/${l|',
    ['${params.rows}', '${params.model}', '${load.raw}', '${fit.model}']
  ],
  ['%%step fit --after ${|', ['load', 'clean']],
  ['%%step fit --timeout |', null]
])('%s', (shown, expected) => {
  expect(wordsAt(shown)).toEqual(expected);
});

test('what is taken begins where the name does, not the word around it', () => {
  const line = '%%step fit --when "len(ra';
  expect(suggestionsAt(line, line.length, names)?.from).toBe(line.indexOf('ra', 20));
  const path = '%%step fit --file data/${p';
  expect(suggestionsAt(path, path.length, names)?.from).toBe(path.indexOf('$'));
});

test('an option has its help on hover, and so has the magic', () => {
  expect(helpAt('%%step fit --timeout 30m', 14)).toMatchObject({
    title: '--timeout 30m',
    from: 11
  });
  expect(helpAt('%%step fit --timeout 30m', 3)?.title).toBe('%%step NAME [options]');
  expect(helpAt('%%step fit --timeout 30m', 22)).toBeNull();
});

test('parameters are those that a cell declares', () => {
  const source =
    "%%params\nrows: int = 5  # rows\nmodel = 'a'\n# x = 1\nif rows == 2:\n    y = 1\nzahl_ä = 1";
  expect(declaredIn(source)).toEqual(['rows', 'model', 'zahl_ä']);
});

test.each(['--before', '--after-done', '--on-status', '--retry-on'])(
  'behind %s stand functions of the notebook',
  flag => {
    const line = `%%step fit ${flag} `;
    expect(suggestionsAt(line, line.length, names)?.words.map(each => each.word)).toEqual(['look']);
  }
);

test('functions are those that a cell defines, not their own and not methods', () => {
  expect(
    functionsIn('x = 1\ndef look(step):\n    def own(): pass\nclass A:\n    def f(self): 1')
  ).toEqual(['look']);
});
