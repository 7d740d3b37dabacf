/** What the panel draws and lists, before it is on a page. */
import { alongAndAside, elements } from '../src/panel/graph/elements';
import { faces } from '../src/panel/graph/faces';
import { sorted } from '../src/panel/sorting';
import type { Layout } from '../src/wire';
import { boardOf, ENGLISH, stepNamed } from './boards';

const LAYOUT: Layout = {
  nodes: {
    a: { x: 0, y: 0, width: 100, height: 40 },
    'stage:rest': { x: 0, y: 100, width: 100, height: 40 }
  },
  groups: { first: { x: -10, y: -10, width: 120, height: 60 } },
  edges: [
    {
      source: 'a',
      target: 'stage:rest',
      names: ['x'],
      label: 'x',
      points: [
        [50, 40],
        [60, 70],
        [50, 100]
      ],
      label_at: null,
      flow: 'TB',
      is_by_code: false
    }
  ],
  width: 120,
  height: 150,
  direction: 'TB',
  members: { a: ['a'], 'stage:rest': ['b', 'c'] },
  lines: 2
};

test('nodes stand at their centres, and an edge bends where the layout says', () => {
  const drawn = elements(LAYOUT);
  const [frame, a, , title, edge] = drawn;
  // What lies in a frame lies above it.
  expect(drawn.slice(0, 4).map(each => each.classes)).toEqual([
    'frame',
    'step',
    'step stage',
    'title'
  ]);
  expect([frame?.data.id, title?.data.label]).toEqual(['frame:first', '▾ first']);
  expect(a?.position).toEqual({ x: 50, y: 20 });
  expect(edge?.data).toMatchObject({ from: '0px 20px', to: '0px -20px', weights: '0.5' });
  expect(edge?.classes).toBe('observed');
});

test.each([
  [
    [5, 0],
    [0.5, 0]
  ],
  [
    [5, 3],
    [0.5, 3]
  ],
  [
    [5, -3],
    [0.5, -3]
  ],
  [
    [10, 0],
    [1, 0]
  ]
] as const)('%j lies %j along and aside', (point, expected) => {
  expect(alongAndAside([0, 0], [10, 0], point)).toEqual(expected);
});

test('a node of several steps tells the loudest', () => {
  const board = boardOf(
    stepNamed('a', { status: 'completed', seconds: 2, stale: 'x', stale_word: 'stale' }),
    stepNamed('b', { status: 'cached' }),
    stepNamed('c', { status: 'failed' })
  );
  const shown = faces(LAYOUT, board, 0, ENGLISH);
  expect(shown.get('a')).toMatchObject({ label: 'a\n✓ completed · △ stale', isStale: true });
  expect(shown.get('stage:rest')).toMatchObject({
    label: '▸ rest\n✕ 1/2 · failed',
    status: 'failed'
  });
});

test('a step that the board does not have any more waits', () => {
  expect(faces(LAYOUT, boardOf(), 0, ENGLISH).get('a')?.status).toBe('pending');
});

test('what failed comes first, and equal ones stay in order', () => {
  const steps = [
    stepNamed('b', { status: 'completed', seconds: 1 }),
    stepNamed('a', { status: 'failed', seconds: 1 }),
    stepNamed('c', { status: 'completed', seconds: 5 })
  ];
  const names = (column: 'name' | 'status' | 'seconds', isDown = false): string[] =>
    sorted(steps, { column, isDown }, 0).map(row => row.step.name);
  expect(names('name')).toEqual(['a', 'b', 'c']);
  expect(names('status')).toEqual(['a', 'b', 'c']);
  expect(names('seconds', true)).toEqual(['c', 'b', 'a']);
});

test('what is stale only if something above it changes is drawn lighter', () => {
  const board = boardOf(
    stepNamed('a', { status: 'completed', stale: 'code changed', stale_word: 'stale' }),
    stepNamed('b', { status: 'cached', stale: 'runs if a …', stale_word: 'may be stale' })
  );
  const shown = faces({ ...LAYOUT, members: { a: ['a'], b: ['b'] } }, board, 0, ENGLISH);
  expect(shown.get('a')).toMatchObject({
    isStale: true,
    isMaybe: false,
    spoken: 'a, completed, stale'
  });
  expect(shown.get('b')).toMatchObject({
    label: 'b\n↺ · △ may be stale',
    isMaybe: true,
    spoken: 'b, cached, may be stale'
  });
});
