/** Terminal colours, what is found in a log, and where a traceback leads. */
import { linesOf, plainOf } from '../src/panel/log/ansi';
import { marked, matching, placeOf } from '../src/panel/log/finding';

const ESC = '\u001b';

test.each([
  [`${ESC}[31mred${ESC}[0m`, 'ansi-red-fg'],
  [`${ESC}[1;32mx`, 'ansi-green-fg ansi-bold'],
  [`${ESC}[94mx`, 'ansi-blue-intense-fg'],
  [`${ESC}[30;43mx`, 'ansi-black-fg ansi-yellow-bg'],
  [`${ESC}[38;5;28mx`, 'ansi-green-fg'],
  [`${ESC}[38;5;9mx`, 'ansi-red-intense-fg'],
  [`${ESC}[38;2;250;10;0mx`, 'ansi-red-fg'],
  [`${ESC}[1m${ESC}[22mx`, ''],
  [`${ESC}[31m${ESC}[39mx`, ''],
  ['x', '']
])('%j is drawn as %j', (text, classes) => {
  expect(linesOf(text)[0]?.[0]?.classes).toBe(classes);
});

test('a colour goes on over the end of a line, and text is all there', () => {
  const lines = linesOf(`a${ESC}[31mb\nc${ESC}[0md\n`);
  expect(lines.map(plainOf)).toEqual(['ab', 'cd', '']);
  expect(lines[1]?.map(piece => piece.classes)).toEqual(['ansi-red-fg', '']);
});

test('what is looked for is found in any case, and across colours', () => {
  const lines = linesOf(`Loss 1\nnothing\nlo${ESC}[31mss loss`);
  expect(matching(lines, 'loss')).toEqual([0, 2]);
  expect(matching(lines, '')).toEqual([]);
  const pieces = marked(lines[2] ?? [], 'LOSS');
  expect(pieces.map(({ text, isMatch }) => [text, isMatch])).toEqual([
    ['lo', true],
    ['ss', true],
    [' ', false],
    ['loss', true]
  ]);
});

test('a line without what is looked for stays whole', () => {
  expect(marked(linesOf('abc')[0] ?? [], '')).toEqual([
    { text: 'abc', classes: '', isMatch: false }
  ]);
});

test.each([
  [' Step bad, line 3', { step: 'bad', cell: '', line: 3 }],
  [' cell 12, line 7, in tidy(frame)', { step: '', cell: '12', line: 7 }],
  ['Step by step', null],
  ['----> 3 y = boom()', null]
])('%j leads to %j', (text, place) => {
  expect(placeOf(text)).toEqual(place);
});
