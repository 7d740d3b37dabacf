/** A layout and a board as elements of cytoscape: what stands where, and what changes while a run goes on. Pure. */
import type { ElementDefinition } from 'cytoscape';
import type { Board, BoardStep, Box, Edge, Layout, Status } from '../../wire';
import { LOOKS, STALE } from '../../wire';
import { statusLine } from '../../words';

/** What a node shows now. */
export interface Face {
  readonly label: string;
  readonly status: Status;
  readonly isStale: boolean;
  /** Share done in percent; 0 when it does not run or nobody knows. */
  readonly done: number;
}

/** Of several steps in one node, the first of these is told. */
const LOUDEST: readonly Status[] = [
  'failed',
  'running',
  'queued',
  'cancelled',
  'interrupted',
  'skipped',
  'pending',
  'completed',
  'cached'
];

/** All elements, at their places. */
export function elements(layout: Layout): ElementDefinition[] {
  return [
    ...Object.entries(layout.groups).map(([stage, box]) => frame(stage, box)),
    ...Object.entries(layout.nodes).map(([id, box]) => node(id, box)),
    ...layout.edges.map(edge => line(edge, layout))
  ];
}

function frame(stage: string, box: Box): ElementDefinition {
  return {
    group: 'nodes',
    data: { id: `frame:${stage}`, label: stage, width: box.width, height: box.height },
    position: centre(box),
    classes: 'frame',
    selectable: false
  };
}

function node(id: string, box: Box): ElementDefinition {
  return {
    group: 'nodes',
    data: { id, label: id, width: box.width, height: box.height, stops: '0 0 0 100' },
    position: centre(box),
    classes: id.startsWith('stage:') ? 'step stage' : 'step'
  };
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
    id: `${edge.source}\n${edge.target}`,
    source: edge.source,
    target: edge.target,
    label: edge.label,
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

/** What each node shows now. */
export function faces(layout: Layout, board: Board, now: number): ReadonlyMap<string, Face> {
  const steps = new Map(board.steps.map(step => [step.name, step]));
  return new Map(
    Object.entries(layout.members).map(([id, names]) => {
      const members = names.flatMap(name => steps.get(name) ?? []);
      return [id, id.startsWith('stage:') ? ofStage(id, members) : ofStep(id, members[0], now)];
    })
  );
}

function ofStep(id: string, step: BoardStep | undefined, now: number): Face {
  if (!step) {
    return { label: id, status: 'pending', isStale: false, done: 0 };
  }
  const look = LOOKS[step.status];
  // A node has room for two things.
  const words = step.stale ? `${look.word} · ${STALE.icon} ${STALE.word}` : statusLine(step, now);
  return {
    label: `${step.name}\n${look.icon} ${words}`,
    status: step.status,
    isStale: Boolean(step.stale),
    done: step.status === 'running' ? 100 * (step.share ?? 0) : 0
  };
}

function ofStage(id: string, members: readonly BoardStep[]): Face {
  const status = LOUDEST.find(each => members.some(step => step.status === each)) ?? 'pending';
  const ended = members.filter(step => ['completed', 'cached'].includes(step.status)).length;
  return {
    label: `${id.replace(/^stage:/, '')}\n${LOOKS[status].icon} ${ended}/${members.length} · ${LOOKS[status].word}`,
    status,
    isStale: members.some(step => step.stale),
    done: 0
  };
}
