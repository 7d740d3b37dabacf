/** Ways through the graph: what hangs together, and which node lies next in a direction. Pure. */
import { related } from '../../model';
import type { BoardStep, Box, Layout } from '../../wire';
import { dataOf } from './faces';

type Arrow = 'ArrowUp' | 'ArrowDown' | 'ArrowLeft' | 'ArrowRight';

const DIRECTIONS: Readonly<Record<Arrow, readonly [number, number]>> = {
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0]
};
/** How much worse it is to lie aside than to lie far. */
const ASIDE = 2;

/** The node that shows a step; "" when none does. */
export function nodeOf(layout: Layout, step: string): string {
  if (step in layout.nodes) {
    return step;
  }
  return Object.entries(layout.members).find(([, names]) => names.includes(step))?.[0] ?? '';
}

/** The nodes to light when a step is selected: what it hangs on, and what hangs on it; null for all. */
export function litNodes(
  layout: Layout,
  steps: readonly BoardStep[],
  step: string
): ReadonlySet<string> | null {
  if (!steps.some(each => each.name === step)) {
    return null;
  }
  const lit = related(steps, step);
  const nodes = Object.entries(layout.members).filter(([, names]) =>
    names.some(name => lit.has(outermost(name)))
  );
  const ofSteps = new Set(nodes.map(([node]) => node));
  const inputs = layout.edges.filter(edge => dataOf(edge.source) && ofSteps.has(edge.target));
  return new Set([...ofSteps, ...inputs.map(edge => edge.source)]);
}

/** The step of the notebook that a step is in, if it is one of a pipeline that is unfolded: `prep` of `prep[load]`. */
export function outermost(name: string): string {
  return name.replace(/\[.*/s, '');
}

/** The step that a step is directly in: `prep[more]` of `prep[more[load]]`; "" for one of the notebook. */
export function parentOf(name: string): string {
  const [outer = '', ...inner] = name.replace(/\]*$/, '').split('[').slice(0, -1);
  return outer && [outer, ...inner].join('[') + ']'.repeat(inner.length);
}

/** The nodes whose own name, or that of a step in them, has these letters; in the order of the layout. */
export function matchingNodes(layout: Layout, letters: string): readonly string[] {
  const wanted = letters.trim().toLowerCase();
  if (!wanted) {
    return [];
  }
  return Object.entries(layout.members)
    .filter(([node, names]) => [node, ...names].some(name => name.toLowerCase().includes(wanted)))
    .map(([node]) => node);
}

/** The node that a key leads to; the same one where there is none. */
export function nextNode(layout: Layout, from: string, key: string): string {
  const nodes = Object.keys(layout.nodes);
  if (key === 'Home' || key === 'End') {
    return nodes.at(key === 'Home' ? 0 : -1) ?? from;
  }
  const here = layout.nodes[from];
  const direction = DIRECTIONS[key as Arrow] as readonly [number, number] | undefined;
  if (!here || !direction) {
    return from;
  }
  let [next, least] = [from, Infinity];
  for (const [node, box] of Object.entries(layout.nodes)) {
    const far = distance(here, box, direction);
    if (far < least) {
      [next, least] = [node, far];
    }
  }
  return next;
}

/** How far a box is in a direction; infinite where it does not lie there. */
function distance(from: Box, to: Box, [dx, dy]: readonly [number, number]): number {
  const right = to.x + to.width / 2 - (from.x + from.width / 2);
  const down = to.y + to.height / 2 - (from.y + from.height / 2);
  const ahead = right * dx + down * dy;
  const aside = Math.abs(right * dy) + Math.abs(down * dx);
  return ahead > 1 ? ahead + ASIDE * aside : Infinity;
}

/** The next zoom, in whole steps of 10 %. */
export function nextZoom(zoom: number, steps: 1 | -1): number {
  const tenths = zoom * 10;
  const whole = steps > 0 ? Math.floor(tenths + 0.01) : Math.ceil(tenths - 0.01);
  return Math.max(whole + steps, 1) / 10;
}
