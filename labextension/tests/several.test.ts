/** Several pipelines in one notebook: which is told of, which is shown, whose a cell is. */
import { Boards } from '../src/boards';
import { usedBelow } from '../src/roles';
import type { BoardMessage } from '../src/wire';
import { boardOf, stepNamed } from './boards';

function shown(pipeline: string, in_use: boolean, ...steps: string[]): BoardMessage {
  const board = boardOf(...steps.map(name => stepNamed(name)));
  const heading = { ...board.heading, pipeline, in_use };
  return {
    kind: 'shown',
    number: 0,
    time: 0,
    package: '0',
    pipeline,
    board: { ...board, heading }
  };
}

function changed(pipeline: string, number: number, in_use: boolean): BoardMessage {
  const heading = { ...boardOf().heading, pipeline, in_use };
  return {
    kind: 'changed',
    number,
    time: 0,
    pipeline,
    heading,
    steps: [],
    order: null,
    problems: null
  };
}

test('boards are counted and changed for each pipeline by itself', () => {
  const boards = new Boards();
  boards.take(shown('', true, 'load'));
  boards.take(shown('b', false, 'load', 'fit'));
  boards.take(changed('b', 1, false));
  boards.take(changed('', 1, true));
  expect([...boards.all].map(([name, board]) => [name, board.steps.length])).toEqual([
    ['', 1],
    ['b', 2]
  ]);
  expect(() => {
    boards.take(changed('b', 3, false));
  }).toThrow('message 3');
});

test('the pipeline that comes into use is shown, and stays until another does or is chosen', () => {
  const boards = new Boards();
  boards.take(shown('', true, 'load'));
  boards.take(shown('b', false, 'load'));
  expect(boards.shown).toBe('');
  boards.take(changed('', 1, false));
  boards.take(changed('b', 1, true));
  expect(boards.shown).toBe('b');
  expect(boards.show('')).toBe(true);
  // It is in use all the time: what was chosen stays.
  boards.take(changed('b', 2, true));
  expect(boards.shown).toBe('');
  expect([boards.show(''), boards.show('unknown')]).toEqual([false, false]);
});

test('what was chosen before anybody told of it is shown once it is known', () => {
  const boards = new Boards('b');
  boards.take(shown('', true, 'load'));
  expect(boards.shown).toBe('');
  boards.take(shown('b', false, 'load'));
  expect(boards.shown).toBe('b');
  boards.take(shown('c', true, 'load'));
  expect(boards.shown).toBe('c');
});

test('while the pipeline in use has no steps, the first that has some is shown', () => {
  const boards = new Boards();
  boards.take(shown('', true));
  expect(boards.shown).toBe('');
  boards.take(shown('a', false));
  boards.take(shown('b', false, 'load'));
  expect(boards.shown).toBe('b');
});

test.each([
  ['%pipeline use b', 'b'],
  ['import math\n%pipeline use a\n%pipeline  use "my study"  # it', 'my study'],
  ["%pipeline use 'größe (1)'", 'größe (1)'],
  ['%pipeline use', ''],
  ['%pipeline use a b', ''],
  ['%pipeline use {name}', ''],
  ['if x:\n    %pipeline use b', ''],
  ['%%step a\n%pipeline use b', ''],
  ['%%time\n%pipeline use b', ''],
  ['x = 1', '']
])('%j is followed by cells of %j', (source, name) => {
  expect(usedBelow(source)).toBe(name);
});
