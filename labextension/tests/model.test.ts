/** The fold: recorded runs come to the board that Python's fold gives, and nothing is taken twice or left out. */
import { readdirSync, readFileSync } from 'fs';
import { join } from 'path';
import {
  fold,
  isRunning,
  MessageMissing,
  related,
  staleSteps,
  stepOfCell,
  stepToLookAt,
  turn,
  waitingSteps,
  type Known
} from '../src/model';
import type { Board, BoardMessage, BoardRun } from '../src/wire';
import { boardOf, runNamed, stepNamed } from './boards';

interface Recorded {
  messages: BoardMessage[];
  board: Board;
}

const FOLDER = join(__dirname, 'journals');
const RECORDED: [string, Recorded][] = readdirSync(FOLDER).map(name => [
  name,
  JSON.parse(readFileSync(join(FOLDER, name), 'utf-8')) as Recorded
]);

test.each(RECORDED)('%s comes to the board of Python’s fold', (_, { messages, board }) => {
  const known = messages.reduce<Known | null>(fold, null);
  expect(known?.board).toEqual(board);
});

test.each(RECORDED)('%s: a message that is missing is noticed', (_, { messages }) => {
  const gap = messages.filter((_, place) => place !== 1);
  expect(() => gap.reduce<Known | null>(fold, null)).toThrow(MessageMissing);
});

test.each(RECORDED)(
  '%s: who listens late is shown the whole and goes on from there',
  (_, { messages, board }) => {
    const half = Math.floor(messages.length / 2);
    const known = messages.slice(0, half).reduce<Known | null>(fold, null) as Known;
    const late: BoardMessage[] = [
      { kind: 'shown', number: 0, time: 0, package: '0', board: known.board },
      ...messages.slice(half).map((message, place) => ({ ...message, number: place + 1 }))
    ];
    expect(late.reduce<Known | null>(fold, null)?.board).toEqual(board);
  }
);

test('what is known is never changed in place', () => {
  const known = { number: 0, board: boardOf(stepNamed('a')) };
  const before = structuredClone(known);
  fold(known, changed({ steps: [stepNamed('a', { status: 'running' })] }));
  expect(known).toEqual(before);
});

test('steps come and go in the order that is told', () => {
  const known = { number: 0, board: boardOf(stepNamed('a'), stepNamed('b')) };
  const { board } = fold(known, changed({ steps: [stepNamed('c')], order: ['c', 'b'] }));
  expect(board.steps.map(step => step.name)).toEqual(['c', 'b']);
});

test('steps of pipelines that are unfolded come, change and go beside the others', () => {
  const known = { number: 0, board: boardOf(stepNamed('a')) };
  const [load, clean] = [stepNamed('a[load]'), stepNamed('a[clean]')];
  const came = fold(
    known,
    changed({ nested: [load, clean], nested_order: ['a[load]', 'a[clean]'] })
  );
  const running = stepNamed('a[clean]', { status: 'running' });
  const later = fold(came, { ...changed({ nested: [running] }), number: 2 });
  expect(later.board.nested).toEqual([load, running]);
  expect(later.board.steps).toEqual(known.board.steps);
  expect(fold(later, { ...changed({ nested_order: [] }), number: 3 }).board.nested).toEqual([]);
});

test('problems are replaced as a whole', () => {
  const problem = {
    code: 'JP001',
    message: 'x',
    severity: 'error',
    step: null,
    cell: null,
    line: 1
  } as const;
  const known = fold({ number: 0, board: boardOf() }, changed({ problems: [problem] }));
  expect(known.board.problems).toEqual([problem]);
  expect(fold(known, { ...changed({ problems: [] }), number: 2 }).board.problems).toEqual([]);
});

test('what is asked of a board', () => {
  const board = boardOf(
    stepNamed('a', { cell: 'x' }),
    stepNamed('b', { upstream: ['a'], stale: 'code changed' }),
    stepNamed('c', { upstream: ['b'] }),
    stepNamed('d', { upstream: ['a'] })
  );
  expect(stepOfCell(board, 'x')?.name).toBe('a');
  expect(staleSteps(board).map(step => step.name)).toEqual(['b']);
  expect(isRunning(board)).toBe(false);
  expect([...related(board.steps, 'b')].sort()).toEqual(['a', 'b', 'c']);
});

function changed(what: Partial<Extract<BoardMessage, { kind: 'changed' }>>): BoardMessage {
  return {
    kind: 'changed',
    number: 1,
    time: 0,
    heading: null,
    steps: [],
    order: null,
    problems: null,
    ...what
  };
}

function withRun(id: string, status: BoardRun['status']): Board {
  const run = runNamed(id, status);
  const board = boardOf(stepNamed('a'));
  return { ...board, heading: { ...board.heading, run } };
}

test.each([
  ['a first run', boardOf(), withRun('1', 'running'), 'began'],
  ['another run', withRun('1', 'failed'), withRun('2', 'running'), 'began'],
  ['its end', withRun('1', 'running'), withRun('1', 'failed'), 'ended'],
  ['a run that goes on', withRun('1', 'running'), withRun('1', 'running'), null],
  ['a run found by who comes late', null, withRun('1', 'running'), null],
  [
    'an old run in place of one that goes on',
    withRun('2', 'running'),
    withRun('1', 'failed'),
    null
  ],
  ['a kernel that is gone', withRun('1', 'running'), null, null]
])('of a run, %s is told as it is', (_, before, after, told) => {
  expect(turn(before, after)).toBe(told);
});

test('the running step is looked for before the failed one', () => {
  const failed = stepNamed('a', { status: 'failed' });
  const running = stepNamed('b', { status: 'running' });
  expect(stepToLookAt(boardOf(failed, running))).toBe(running);
  expect(stepToLookAt(boardOf(stepNamed('c'), failed))).toBe(failed);
  expect(stepToLookAt(boardOf(stepNamed('c')))).toBeUndefined();
});

test('a gate is known by its run, its step and since when it waits', () => {
  const gate = { text: 'look', since: 5 };
  const board = boardOf(stepNamed('load'), stepNamed('publish', { gate }));
  const inRun = (id: string): Board => ({
    ...board,
    heading: { ...board.heading, run: runNamed(id, 'running') }
  });
  expect([...waitingSteps(inRun('a')).values()].map(step => step.name)).toEqual(['publish']);
  const again = { ...inRun('a'), steps: [stepNamed('publish', { gate: { ...gate, since: 6 } })] };
  const keys = [inRun('a'), inRun('a'), inRun('b'), again].flatMap(each => [
    ...waitingSteps(each).keys()
  ]);
  expect(new Set(keys).size).toBe(3);
  expect(waitingSteps(null).size).toBe(0);
});

test('while a sweep goes on it runs, also between two of its runs', () => {
  const between = boardOf(stepNamed('a'));
  const sweep = { id: 's', number: 1, most: 2, goes_on: true };
  const heading = { ...between.heading, run: runNamed('r', 'completed'), sweep };
  expect(isRunning({ ...between, heading })).toBe(true);
  expect(
    isRunning({ ...between, heading: { ...heading, sweep: { ...sweep, goes_on: false } } })
  ).toBe(false);
});
