/** A layout as elements of cytoscape: what stands where. Pure. */
import type { ElementDefinition } from 'cytoscape';
import type { Box, Edge, Layout } from '../../wire';
import { dataOf, isUnfoldableIn, isUnfoldedIn, stageOf, titleOf } from './faces';
import { fittingLabels } from './labels';

const TITLE_HEIGHT = 26;
const TITLE_MARGIN = 4;
const LETTER = 7.2;
const BESIDE_TITLE = 22;
const FOLD_SIZE = 18;
/** Room beside a node's text, in px. */
const BESIDE_TEXT = 8;

/** All elements, at their places. */
export function elements(layout: Layout): ElementDefinition[] {
  const frames = Object.entries(layout.groups).map(([stage, box]) => frame(stage, box));
  const nodes = Object.entries(layout.nodes).map(([id, box]) => node(id, box, layout));
  return [
    ...[...frames, ...nodes].sort(largerFirst),
    ...Object.entries(layout.groups).map(([stage, box]) =>
      title(stage, titleOf(layout, stage), box)
    ),
    ...(layout.unfolded ?? []).flatMap(id => head(id, layout)),
    ...(layout.unfoldable ?? []).flatMap(id => fold(id, layout)),
    ...layout.edges.map(edge => line(edge, layout)),
    ...[...fittingLabels(layout)].map(([edge, box]) => label(edge, box))
  ];
}

/** What lies in another lies above it. */
function largerFirst(one: ElementDefinition, other: ElementDefinition): number {
  return areaOf(other) - areaOf(one);
}

function areaOf({ data }: ElementDefinition): number {
  return Number(data.width) * Number(data.height);
}

function frame(stage: string, box: Box): ElementDefinition {
  return {
    group: 'nodes',
    data: { id: `frame:${stage}`, width: box.width, height: box.height },
    position: centre(box),
    classes: 'frame',
    selectable: false
  };
}

/** The title of a stage, which folds it. */
function title(stage: string, text: string, box: Box): ElementDefinition {
  const width = Math.min(text.length * LETTER + BESIDE_TITLE, box.width - 2 * TITLE_MARGIN);
  const strip = { x: box.x + TITLE_MARGIN, y: box.y, width, height: TITLE_HEIGHT };
  return {
    group: 'nodes',
    data: { id: `title:${stage}`, stage, label: `▾ ${text}`, width, height: TITLE_HEIGHT },
    position: centre(strip),
    classes: 'title',
    selectable: false
  };
}

/** What unfolds the pipeline that a step is, or folds it: at the left of its node. */
function fold(id: string, layout: Layout): ElementDefinition | [] {
  const box = layout.nodes[id];
  if (!box) {
    return [];
  }
  const isUnfolded = isUnfoldedIn(layout, id);
  const y = isUnfolded ? box.y + TITLE_HEIGHT / 2 + 1 : box.y + box.height / 2;
  return {
    group: 'nodes',
    data: { id: `fold:${id}`, fold: id, label: isUnfolded ? '▾' : '▸', size: FOLD_SIZE },
    position: { x: box.x + FOLD_SIZE / 2 + 4, y },
    classes: 'fold',
    selectable: false
  };
}

/** What says how an unfolded step stands: beside what folds it. */
function head(id: string, layout: Layout): ElementDefinition | [] {
  const box = layout.nodes[id];
  if (!box) {
    return [];
  }
  return {
    group: 'nodes',
    data: { id: headOf(id), label: '', room: box.width - FOLD_SIZE - BESIDE_TEXT },
    position: { x: box.x + FOLD_SIZE + 6, y: box.y + TITLE_HEIGHT / 2 + 1 },
    classes: 'head',
    selectable: false
  };
}

/** The id of what says how an unfolded step stands. */
export function headOf(node: string): string {
  return `head:${node}`;
}

function label(edge: Edge, box: Box): ElementDefinition {
  return {
    group: 'nodes',
    data: { id: `label:${keyOf(edge)}`, label: edge.label, width: box.width, height: box.height },
    position: centre(box),
    classes: 'label',
    selectable: false
  };
}

/** The id of an edge. */
export function keyOf({ source, target }: Edge): string {
  return `${source}\n${target}`;
}

function node(id: string, box: Box, layout: Layout): ElementDefinition {
  const isUnfoldable = isUnfoldableIn(layout, id);
  return {
    group: 'nodes',
    data: {
      id,
      stage: stageOf(id),
      label: titleOf(layout, id),
      width: box.width,
      height: box.height,
      room: box.width - BESIDE_TEXT - (isUnfoldable ? FOLD_SIZE + 4 : 0),
      stops: '0 0 0 100'
    },
    position: centre(box),
    classes: nodeClasses(id, layout)
  };
}

/** The classes that a node has however it stands. */
export function nodeClasses(id: string, layout: Layout): string {
  const isUnfolded = isUnfoldedIn(layout, id);
  return [
    'step',
    stageOf(id) && 'stage',
    dataOf(id) && 'data',
    layout.lines === 1 && 'short',
    isUnfolded && 'unfolded',
    !isUnfolded && isUnfoldableIn(layout, id) && 'unfoldable'
  ]
    .filter(Boolean)
    .join(' ');
}

function centre(box: Box): { x: number; y: number } {
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
}

/** An edge as segments: cytoscape wants each point as its place along, and its distance from, the straight line. */
function line(edge: Edge, layout: Layout): ElementDefinition {
  const points = edge.points;
  const first: Point = points[0] ?? [0, 0];
  const last: Point = points[points.length - 1] ?? [0, 0];
  const bends = points.slice(1, -1).map(point => alongAndAside(first, last, point));
  const data = {
    id: keyOf(edge),
    source: edge.source,
    target: edge.target,
    names: edge.names.join(', '),
    from: offset(first, layout.nodes[edge.source]),
    to: offset(last, layout.nodes[edge.target]),
    weights: bends.length ? bends.map(bend => bend[0]).join(' ') : '0.5',
    distances: bends.length ? bends.map(bend => bend[1]).join(' ') : '0'
  };
  return {
    group: 'edges',
    data,
    classes: edge.is_by_code === false ? 'observed' : '',
    selectable: false
  };
}

type Point = readonly [number, number];

/** Where a point lies along the line from `a` to `b` (0 to 1), and how far to the right of it in px. */
export function alongAndAside(a: Point, b: Point, point: Point): Point {
  const [dx, dy] = [b[0] - a[0], b[1] - a[1]];
  const [px, py] = [point[0] - a[0], point[1] - a[1]];
  const length = Math.hypot(dx, dy) || 1;
  return [(px * dx + py * dy) / length ** 2, (dx * py - dy * px) / length];
}

function offset(point: Point, box: Box | undefined): string {
  if (!box) {
    return 'outside-to-node';
  }
  const { x, y } = centre(box);
  return `${point[0] - x}px ${point[1] - y}px`;
}
