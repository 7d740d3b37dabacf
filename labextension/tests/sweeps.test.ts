/** The table of a sweep: its words, its order, and which tags lead to one. */
import {
  chosenWords,
  goalText,
  isSweep,
  mayGoOn,
  noticeText,
  ordered,
  placeInSweep,
  tallyText
} from '../src/panel/runs/sweeps';
import type { Translator } from '../src/statuses';
import type { SweepRow, SweepShown } from '../src/wire';

const FILLED: Translator = {
  __: (text, ...args) =>
    text.replaceAll(/%(\d)/g, (_, place: string) => String(args[Number(place) - 1]))
};

function rowOf(run: string, more: Partial<SweepRow> = {}): SweepRow {
  return {
    run,
    parameters: {},
    status: 'completed',
    reason: '',
    progress: 1,
    seconds: 1,
    metrics: {},
    is_best: false,
    ...more
  };
}

function sweepOf(rows: readonly SweepRow[], more: Partial<SweepShown> = {}): SweepShown {
  return {
    sweep: 'sweep-20261128-233107-943e',
    names: ['lr'],
    metrics: ['auc'],
    rows,
    goal: '',
    most: 3,
    goes_on: true,
    reason: '',
    unknown: '',
    ...more
  };
}

test('runs are counted by how they stand, and against how many there will be', () => {
  const rows = [rowOf('a'), rowOf('b', { status: 'running' })];
  expect(tallyText(sweepOf(rows), FILLED)).toBe('2 of 3 runs · 1 completed · 1 running');
  expect(tallyText(sweepOf(rows, { most: null }), FILLED)).toMatch(/^2 runs · /);
  expect(tallyText(sweepOf([rowOf('a')], { most: 1 }), FILLED)).toBe('1 run · 1 completed');
});

test.each([
  ['auc:max', 'best: largest auc'],
  ['fit/a:b:min', 'best: smallest fit/a:b'],
  ['', '']
])('the goal %s is said in words', (goal, words) => {
  expect(goalText(sweepOf([], { goal }), FILLED)).toBe(words);
});

test('why it ended early goes before a metric that no run has', () => {
  const unknown = { unknown: 'aux' };
  expect(noticeText(sweepOf([], unknown), FILLED)).toMatch(/as aux\. There are: auc$/);
  expect(noticeText(sweepOf([], { ...unknown, metrics: [] }), FILLED)).toMatch(/as aux\.$/);
  expect(noticeText(sweepOf([], { ...unknown, reason: 'disk full' }), FILLED)).toMatch(/disk full/);
  expect(noticeText(sweepOf([]), FILLED)).toBe('');
});

test('rows keep their number in any order; numbers count as numbers, and what has no value comes last', () => {
  const rows = [
    rowOf('a', { parameters: { lr: '9' }, metrics: { auc: 0.5 } }),
    rowOf('b', { parameters: { lr: '10' } }),
    rowOf('c', { parameters: { lr: '1' }, metrics: { auc: 'NaN' }, seconds: 9 }),
    rowOf('d', { parameters: { lr: '2' }, metrics: { auc: 0.7 } })
  ];
  const numbers = (key: string, isDown: boolean): number[] =>
    ordered(sweepOf(rows), { key, isDown }).map(({ number }) => number);
  expect(ordered(sweepOf(rows), null).map(({ number }) => number)).toEqual([1, 2, 3, 4]);
  expect(numbers('p:lr', false)).toEqual([3, 4, 1, 2]);
  expect(numbers('m:auc', true).slice(-1)).toEqual([2]);
  expect(numbers('m:auc', true).indexOf(4)).toBeLessThan(numbers('m:auc', true).indexOf(1));
  expect(numbers('number', true)).toEqual([4, 3, 2, 1]);
  expect(numbers('seconds', true)[0]).toBe(3);
});

test('only a tag that is the id of a sweep leads to one', () => {
  expect(isSweep('sweep-20261128-233107-943e')).toBe(true);
  expect(isSweep('sweep-of-monday')).toBe(false);
});

test('a run says its place, and one ticked run that another is needed', () => {
  const place = { id: 's', number: 3, most: 8, goes_on: true };
  expect(placeInSweep(place, FILLED)).toBe('sweep, run 3 of 8');
  expect(placeInSweep({ ...place, most: null }, FILLED)).toBe('sweep, run 3');
  expect([0, 1, 2].map(count => chosenWords(count, FILLED) !== '')).toEqual([false, true, false]);
});

test('more is looked for until all runs are there that were to come', () => {
  const over = { goes_on: false, most: 1 };
  expect(mayGoOn(sweepOf([rowOf('a')], over))).toBe(false);
  expect(mayGoOn(sweepOf([rowOf('a')], { ...over, most: 2 }))).toBe(true);
  expect(mayGoOn(sweepOf([rowOf('a')], { ...over, goes_on: true }))).toBe(true);
});
