/** Where the bars of a timeline lie. */
import { barsOf, lengthOf, marksOf, waitedOf } from '../src/panel/timeline/bars';
import type { Span, Timeline } from '../src/wire';
import { bytesText, shapeText } from '../src/words';

const SPANS: readonly Span[] = [
  { phase: 'upstream', start: 100, end: 104, words: 'waits for load' },
  { phase: 'queue', start: 104, end: 105, words: '' },
  { phase: 'running', start: 105, end: null, words: '' }
];

function timelineOf(ended: number | null): Timeline {
  const step = { name: 'a', status: 'running', is_critical: true } as const;
  return {
    run: 'r',
    started: 100,
    ended,
    steps: [{ ...step, spans: SPANS, seconds: 0, cpu_seconds: 0, peak_memory: 0 }]
  };
}

test('what goes on reaches to now, as shares of the time so far', () => {
  const bars = barsOf(SPANS, timelineOf(null), 110);
  expect(bars.map(({ left, width }) => [left, width])).toEqual([
    [0, 0.4],
    [0.4, 0.1],
    [0.5, 0.5]
  ]);
  expect(waitedOf(bars)).toBe(1);
});

test('a run that has ended has its length, and one that just began has one', () => {
  expect(lengthOf(timelineOf(108), 500)).toBe(8);
  expect(lengthOf({ ...timelineOf(null), steps: [] }, 100)).toBeGreaterThan(0);
});

test.each([
  [8, [0, 2, 4, 6, 8]],
  [0.9, [0, 0.5]],
  [100, [0, 50, 100]]
])('an axis of %d s has marks at round seconds', (length, marks) => {
  expect(marksOf(length)).toEqual(marks);
});

test.each([
  [812, '812 B'],
  [3500, '3.4 KiB'],
  [335544320, '320 MiB']
])('%d bytes are %s', (bytes, text) => {
  expect(bytesText(bytes)).toBe(text);
});

test('shapes have thousands marked', () => {
  expect(shapeText([250000, 2])).toBe('250,000 × 2');
});
