/** What the header of a step's cell says. */
import { headerWords } from '../../src/cells/words';
import { boardOf, ENGLISH, stepNamed } from '../boards';

const cell = { id: 'c', name: 'load', isAppended: false };

test('a step that never ran is defined, not run yet', () => {
  const words = headerWords(cell, boardOf(stepNamed('load', { cell: 'c' })), true, 0, ENGLISH);
  expect([words.look, words.detail, words.note]).toEqual(['○ pending', 'defined, not run yet', '']);
});

test('before the kernel told of it, a step is not loaded; a new one is not run yet', () => {
  expect(headerWords(cell, null, false, 0, ENGLISH).look).toBe('not loaded');
  expect(headerWords(cell, boardOf(), true, 0, ENGLISH).detail).toBe('defined, not run yet');
});

test('stale goes before how it ended, an error with its line before the reason', () => {
  const error = { type: 'KeyError', message: "'y'\nmore", line: 3 };
  const failed = stepNamed('load', { cell: 'c', status: 'failed', reason: 'r', error });
  expect(headerWords(cell, boardOf(failed), true, 0, ENGLISH).note).toBe("KeyError: 'y' (line 3)");
  const stale = { ...failed, stale: 'edited, not run', stale_word: 'stale' };
  expect(headerWords(cell, boardOf(stale), true, 0, ENGLISH).note).toBe('△ stale: edited, not run');
  const maybe = { ...stale, stale: 'runs if load gives others', stale_word: 'may be stale' };
  expect(headerWords(cell, boardOf(maybe), true, 0, ENGLISH).note).toBe(
    '△ may be stale: runs if load gives others'
  );
});

test('a cell that continues a step shows it; a copy with the same name does not', () => {
  const board = boardOf(stepNamed('load', { cell: 'first', status: 'completed', seconds: 2 }));
  expect(headerWords({ ...cell, isAppended: true }, board, true, 0, ENGLISH).detail).toBe('2.0 s');
  expect(headerWords(cell, board, true, 0, ENGLISH)).toMatchObject({
    status: 'pending',
    note: 'another cell has this name'
  });
});

test('a step that is renamed just now has not the status of its old name', () => {
  const board = boardOf(stepNamed('old', { cell: 'c', status: 'completed' }));
  expect(headerWords(cell, board, true, 0, ENGLISH)).toMatchObject({ status: 'pending', note: '' });
});

test('a mapped step says how many elements are done, and behind its end what they took', () => {
  const mapped = { cell: 'c', progress: '2/4', seconds: 6 };
  const running = stepNamed('load', { ...mapped, status: 'running', started: 0 });
  expect(headerWords(cell, boardOf(running), true, 9, ENGLISH).detail).toBe('2/4');
  const completed = stepNamed('load', { ...mapped, status: 'completed', progress: '4/4' });
  expect(headerWords(cell, boardOf(completed), true, 9, ENGLISH).detail).toBe('4/4 · 6.0 s');
});

test('what is to be known of an attempt stands behind how it ended, unless more is to be done', () => {
  const noted = {
    cell: 'c',
    status: 'completed',
    notes: ['tell failed: no', 'x is not kept']
  } as const;
  const step = stepNamed('load', noted);
  expect(headerWords(cell, boardOf(step), true, 0, ENGLISH).note).toBe(
    'tell failed: no · x is not kept'
  );
  const stale = { ...step, stale: 'edited', stale_word: 'stale' };
  expect(headerWords(cell, boardOf(stale), true, 0, ENGLISH).note).toBe('△ stale: edited');
});
