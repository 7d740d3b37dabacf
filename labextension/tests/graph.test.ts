/** The graph before it is on a page: which labels fit, what a node tells, which ways lead through it. */
import { asRgb } from '../src/panel/graph/colours';
import { elements, headOf, nodeClasses } from '../src/panel/graph/elements';
import { faces, shortened } from '../src/panel/graph/faces';
import { fittingLabels } from '../src/panel/graph/labels';
import {
  litNodes,
  matchingNodes,
  nextNode,
  nextZoom,
  nodeOf,
  outermost,
  parentOf
} from '../src/panel/graph/ways';
import type { Box, Edge, Layout } from '../src/wire';
import { boardOf, ENGLISH, stepNamed } from './boards';

function box(x: number, y: number): Box {
  return { x, y, width: 40, height: 20 };
}

function edge(source: string, target: string, label: string, at: [number, number] | null): Edge {
  return { source, target, names: [label], label, points: [], label_at: at, flow: 'TB' };
}

/** Two rows of two, the right one of the lower row a stage of two steps. */
const LAYOUT: Layout = {
  nodes: { a: box(0, 0), b: box(100, 0), c: box(0, 100), 'stage:rest': box(100, 100) },
  groups: {},
  edges: [],
  width: 160,
  height: 120,
  direction: 'TB',
  members: { a: ['a'], b: ['b'], c: ['c'], 'stage:rest': ['d', 'e'] }
};
const STEPS = [
  stepNamed('a'),
  stepNamed('b'),
  stepNamed('c', { upstream: ['a'] }),
  stepNamed('d', { upstream: ['b'] }),
  stepNamed('e', { upstream: ['b'] })
];

test.each([
  ['free', [70, 60], true],
  ['over a node', [20, 10], false],
  ['over the edge of the whole', [158, 60], false],
  ['over an earlier label', [32, 62], false],
  ['beside an earlier label', [30, 84], true],
  ['over the title of a stage', [60, 130], false],
  ['without a place', null, false]
] as const)('a label %s', (_, at, isThere) => {
  const earlier = edge('a', 'c', 'x', [20, 60]);
  const later = edge('b', 'c', 'rows', at && [...at]);
  const layout = { ...LAYOUT, groups: { s: { x: 0, y: 120, width: 160, height: 80 } } };
  const labels = fittingLabels({ ...layout, edges: [earlier, later] });
  expect([...labels.keys()]).toEqual(isThere ? [earlier, later] : [earlier]);
});

test.each([
  ['a', 'ArrowRight', 'b'],
  ['a', 'ArrowDown', 'c'],
  ['stage:rest', 'ArrowUp', 'b'],
  ['stage:rest', 'ArrowLeft', 'c'],
  ['a', 'ArrowUp', 'a'],
  ['a', 'End', 'stage:rest'],
  ['c', 'Home', 'a'],
  ['a', 'x', 'a'],
  ['gone', 'ArrowDown', 'gone']
])('from %s, %s leads to %s', (from, key, to) => {
  expect(nextNode(LAYOUT, from, key)).toBe(to);
});

test('a step lights what it hangs on and what hangs on it, also what is folded', () => {
  expect(litNodes(LAYOUT, STEPS, 'b')).toEqual(new Set(['b', 'stage:rest']));
  expect(litNodes(LAYOUT, STEPS, 'd')).toEqual(new Set(['b', 'stage:rest']));
  expect(litNodes(LAYOUT, STEPS, 'c')).toEqual(new Set(['a', 'c']));
  expect(litNodes(LAYOUT, STEPS, '')).toBeNull();
});

test('a step that is folded is shown by its stage', () => {
  expect([nodeOf(LAYOUT, 'a'), nodeOf(LAYOUT, 'e'), nodeOf(LAYOUT, 'gone')]).toEqual([
    'a',
    'stage:rest',
    ''
  ]);
});

test('nodes are found by letters of their names, and of the steps in them', () => {
  expect(matchingNodes(LAYOUT, 'A')).toEqual(['a', 'stage:rest']);
  expect(matchingNodes(LAYOUT, 'e')).toEqual(['stage:rest']);
  expect(matchingNodes(LAYOUT, ' ')).toEqual([]);
});

test.each([
  [1, 1, 1.1],
  [1, -1, 0.9],
  [1.06, 1, 1.1],
  [1.06, -1, 1],
  [0.08, -1, 0.1],
  [0.08, 1, 0.1]
] as const)('from %d, %d step leads to %d', (zoom, steps, next) => {
  expect(nextZoom(zoom, steps)).toBeCloseTo(next);
});

test('a name is shortened where its node is too narrow', () => {
  expect(shortened('load', 146)).toBe('load');
  expect(shortened('x'.repeat(100), 146)).toMatch(/^x{10,20}…$/);
});

test.each([
  [{ progress: '2/3, 1 failed', elements: 3, status: 'failed' }, '✕ a 2/3'],
  [{ progress: '3/10 rows', status: 'pending' }, '○ a']
] as const)(
  'a node of one line has the count of its elements beside its name: %j',
  (step, label) => {
    const board = boardOf(stepNamed('a', step));
    expect(faces({ ...LAYOUT, lines: 1 }, board, 0, ENGLISH).get('a')?.label).toBe(label);
  }
);

test.each([
  ['rgb(17, 34, 51)', 'rgb(17,34,51)'],
  ['rgba(0, 0, 0, 0.54)', 'rgba(0,0,0,0.54)'],
  ['color(srgb 0.5 0 1)', 'rgb(128,0,255)'],
  ['color(srgb 0 0 0 / 0.378)', 'rgba(0,0,0,0.378)']
])('%s is given to the canvas as %s: what shines through still does', (computed, written) => {
  expect(asRgb(computed)).toBe(written);
});

test('an input of the catalog is told by its name, and lit with the steps that load it', () => {
  const layout: Layout = {
    ...LAYOUT,
    nodes: { ...LAYOUT.nodes, 'data:companies': { ...box(0, -100), width: 160 } },
    members: { 'data:companies': [], ...LAYOUT.members },
    edges: [edge('data:companies', 'a', '', null)]
  };
  const face = faces(layout, boardOf(...STEPS), 0, ENGLISH).get('data:companies');
  expect(face).toMatchObject({ label: 'companies', spoken: 'companies, from the catalog' });
  expect(litNodes(layout, STEPS, 'c')).toEqual(new Set(['a', 'c', 'data:companies']));
  expect(nodeClasses('data:companies', layout)).toBe('step data');
});

/** `b` is a pipeline, folded; `a` is one whose step `more`, a pipeline as well, is in its box. */
const NESTED: Layout = {
  ...LAYOUT,
  nodes: { ...LAYOUT.nodes, a: { x: 0, y: 0, width: 90, height: 90 }, 'a[more]': box(20, 40) },
  members: { ...LAYOUT.members, 'a[more]': ['a[more]'] },
  unfoldable: ['a', 'b', 'a[more]'],
  unfolded: ['a'],
  titles: { 'a[more]': 'more' },
  lines: 1
};

test('an unfolded pipeline is a box with a head, and its steps are called as they are in it', () => {
  const more = stepNamed('a[more]', { status: 'failed', pipeline: 'more.ipynb' });
  const board = { ...boardOf(...STEPS), nested: [more] };
  const shown = faces(NESTED, board, 0, ENGLISH);
  expect(shown.get('a[more]')).toMatchObject({ label: '✕ more', status: 'failed' });
  expect(shown.get('a')?.label).toBe('a  ○ pending');
  const drawn = new Map(elements(NESTED).map(element => [element.data.id, element]));
  expect(drawn.get('a')?.classes).toBe('step short unfolded');
  expect(drawn.get('b')?.classes).toBe('step short unfoldable');
  expect(drawn.get(headOf('a'))).toBeDefined();
  expect(drawn.get('fold:a')?.data).toMatchObject({ fold: 'a', label: '▾' });
  expect(drawn.get('fold:a[more]')?.data).toMatchObject({ fold: 'a[more]', label: '▸' });
  expect(drawn.has('fold:c')).toBe(false);
});

test('the steps of an unfolded pipeline are lit with its step, and found by their own names', () => {
  expect(litNodes(NESTED, STEPS, 'c')).toEqual(new Set(['a', 'a[more]', 'c']));
  expect(matchingNodes(NESTED, 'more')).toEqual(['a[more]']);
});

test.each([
  ['prep', 'prep', ''],
  ['prep[load]', 'prep', 'prep'],
  ['prep[more[load]]', 'prep', 'prep[more]'],
  ['prep[more[deep[x]]]', 'prep', 'prep[more[deep]]']
])('%s is in %s, directly in %s', (name, outer, parent) => {
  expect(outermost(name)).toBe(outer);
  expect(parentOf(name)).toBe(parent);
});
