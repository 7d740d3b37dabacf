/** Words are those of Python. */
import {
  countsOf,
  diffSign,
  durationText,
  runLine,
  shortened,
  spoken,
  statusLine
} from '../src/words';
import { boardOf, ENGLISH, runNamed, stepNamed } from './boards';

test.each([
  [0.1234, '0.12 s'],
  [-1, '0.00 s'],
  [12.34, '12.3 s'],
  [59.96, '1 min 00 s'],
  [245, '4 min 05 s'],
  [7380, '2 h 03 min']
])('%d seconds are %s', (seconds, text) => {
  expect(durationText(seconds)).toBe(text);
});

test.each([
  [8.2, 9.1, false],
  [11, 14.9, true],
  [14.9, 15, false],
  [10.5, 14, true]
])('at %d s and %d s of a step its time is counted alike: %p', (one, other, isAlike) => {
  const board = boardOf(stepNamed('fit', { status: 'running', started: 0 }));
  expect(countsOf(board, one, 5) === countsOf(board, other, 5)).toBe(isAlike);
});

test('a step is spoken of by name and status, and as stale where it is', () => {
  expect(spoken(stepNamed('load', { status: 'completed' }), ENGLISH)).toBe('load, completed');
  expect(
    spoken(stepNamed('load', { status: 'cached', stale: 'x', stale_word: 'stale' }), ENGLISH)
  ).toBe('load, cached, stale');
});

test('a running step says how far it is, else how long it runs', () => {
  const running = stepNamed('fit', { status: 'running', started: 100 });
  expect(statusLine(running, 103, ENGLISH)).toBe('running · 3.0 s');
  expect(statusLine({ ...running, progress: '42 %' }, 103, ENGLISH)).toBe('running · 42 %');
  const progress = 'round 3 of at most 10';
  expect(statusLine({ ...running, progress }, 103, ENGLISH)).toBe('round 3 of ≤ 10');
  const failed = '2/4, 1 failed';
  expect(statusLine({ ...running, progress: failed }, 103, ENGLISH)).toBe(failed);
  const ended = { ...running, status: 'failed' as const, progress: failed };
  expect(statusLine(ended, 103, ENGLISH)).toBe(`failed · ${failed.split(',')[0] ?? ''}`);
});

test('the status bar tells how many ended and what runs', () => {
  const board = boardOf(
    stepNamed('load', { status: 'cached' }),
    stepNamed('fit', { status: 'running', progress: '42 %' }),
    stepNamed('report')
  );
  const run = runNamed('r', 'running');
  expect(runLine(board, 0, ENGLISH)).toBe('');
  expect(runLine({ ...board, heading: { ...board.heading, run } }, 0, ENGLISH)).toBe(
    '1/3 · fit 42 %'
  );
});

test('of a diff the lines that came and went are marked, but not its heading', () => {
  const lines = ['--- before', '+++ now', '@@ -1 +1 @@', '-x = 1', '+x = 2', ' y = x', '---x'];
  expect(lines.map(diffSign).join('')).toBe('@@@-+ -');
});

test('a text that has no room ends with a whole word, and is on one line', () => {
  expect(shortened('nothing was run:\n  no step fit', 40)).toBe('nothing was run: no step fit');
  expect(shortened('nothing was run:\n  no step fit', 25)).toBe('nothing was run: no step …');
});
