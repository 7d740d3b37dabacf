/** The table of runs and the lines of its pictures, before they are on a page. */
import { curvePath, extentOf, roundedPath } from '../src/panel/runs/lines';
import {
  columnsOf,
  deltaText,
  endingsText,
  momentText,
  queryOf,
  sortedRuns,
  textOf,
  valueText
} from '../src/panel/runs/rows';
import { ENGLISH } from './boards';
import type { RunLine } from '../src/wire';

function lineOf(id: string, more: Partial<RunLine> = {}): RunLine {
  return {
    id,
    title: '',
    pipeline: 'study',
    version: '1.0.0',
    status: 'completed',
    started: 0,
    seconds: 1,
    progress: 1,
    endings: { completed: 2 },
    parameters: {},
    metrics: {},
    tags: [],
    archived: false,
    ...more
  };
}

const RUNS = [
  lineOf('a', { started: 30, parameters: { n: '10', kind: 'x' }, metrics: { auc: 0.9 } }),
  lineOf('b', { started: 20, parameters: { n: '9', kind: 'x' } }),
  lineOf('c', { started: 10, parameters: { n: '9', kind: 'x' }, metrics: { auc: 0.95 } })
];

function orderBy(key: string, isDown = false): string {
  return sortedRuns(RUNS, { key, isDown })
    .map(run => run.id)
    .join('');
}

test('only parameters that differ have a column, and every metric has one', () => {
  expect(columnsOf(RUNS).map(column => column.key)).toEqual([
    'run',
    'status',
    'started',
    'seconds',
    'steps',
    'p:n',
    'm:auc',
    'tags'
  ]);
});

test('columns of numbers sort as numbers, and runs without a value come last in both directions', () => {
  expect(orderBy('p:n')).toBe('bca');
  expect(orderBy('m:auc')).toBe('acb');
  expect(orderBy('m:auc', true)).toBe('cab');
  expect(orderBy('started', true)).toBe('abc');
});

test('a column that is not there any more sorts nothing', () => {
  expect(orderBy('p:gone')).toBe('abc');
});

test('a run says how its steps ended, and how far it is', () => {
  expect(
    endingsText(lineOf('a', { endings: { cached: 1, failed: 1, completed: 3 } }), ENGLISH)
  ).toBe('3 completed · 1 cached · 1 failed');
  expect(
    endingsText(lineOf('a', { status: 'running', progress: 0.459, endings: {} }), ENGLISH)
  ).toBe('45 %');
});

test('a title stands for the id', () => {
  const column = { key: 'run', kind: 'run', name: '' } as const;
  expect(textOf(lineOf('a', { title: 'best' }), column, ENGLISH)).toBe('best');
  expect(textOf(lineOf('a'), column, ENGLISH)).toBe('a');
});

test.each([
  [0.123456, '0.1235'],
  [7, '7'],
  ['NaN', 'NaN'],
  [undefined, ''],
  [[1, 2], '[1,2]']
])('%j reads %s', (value, text) => {
  expect(valueText(value)).toBe(text);
});

test.each([
  [0.8, 0.9, '+0.1 (+12.5 %)'],
  [2, 1, '−1 (−50 %)'],
  [0, 1, '+1'],
  [1, 1, ''],
  [null, 1, '']
])('from %j to %j is %s', (a, b, text) => {
  expect(deltaText(a, b)).toBe(text);
});

test('the archive is searched only when it is asked for', () => {
  expect(queryOf('tags:a OR tags:b', false)).toBe('tags:a OR tags:b');
  expect(queryOf('tags:a OR tags:b', true)).toBe('(tags:a OR tags:b) AND archived:true');
  expect(queryOf(' ', true)).toBe('archived:true');
});

test('a moment is told by the clock of who looks', () => {
  const moment = new Date(2026, 1, 3, 4, 5, 6);
  expect(momentText(moment.getTime() / 1000)).toBe('2026-02-03 04:05:06');
});

test('an edge keeps its ends and rounds its corners', () => {
  const points = [
    [0, 0],
    [100, 0],
    [100, 50]
  ] as const;
  expect(roundedPath(points, 10)).toBe('M0,0 L90,0 Q100,0 100,10 L100,50');
  expect(roundedPath([], 10)).toBe('');
});

test('curves share one scale, and a flat one lies in the middle', () => {
  const a = [
    { at: 0, value: 0 },
    { at: 10, value: 4 }
  ];
  const b = [
    { at: 0, value: 2 },
    { at: 5, value: 2 }
  ];
  expect(curvePath(a, extentOf([a, b]), 100, 40)).toBe('M0,40 L100,0');
  expect(curvePath(b, extentOf([a, b]), 100, 40)).toBe('M0,20 L50,20');
  expect(curvePath(b, extentOf([b]), 100, 40)).toBe('M0,20 L100,20');
});
