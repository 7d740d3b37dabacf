/** Which of the names that edges carry are written on them: those that cover nothing. Pure. */
import type { Box, Edge, Layout } from '../../wire';

const HEIGHT = 14;
const LETTER = 6.2;
const TITLE_HEIGHT = 26;

/** The edges that have room for their label, each with the box of it. */
export function fittingLabels(layout: Layout): ReadonlyMap<Edge, Box> {
  const taken: Box[] = [
    ...Object.values(layout.nodes),
    ...Object.values(layout.groups).map(frame => ({ ...frame, height: TITLE_HEIGHT }))
  ];
  const fitting = new Map<Edge, Box>();
  for (const edge of layout.edges) {
    const box = boxOf(edge);
    if (box && box.x >= 0 && box.x + box.width <= layout.width && !taken.some(meets(box))) {
      fitting.set(edge, box);
      taken.push(box);
    }
  }
  return fitting;
}

function boxOf({ label, label_at }: Edge): Box | null {
  if (!label || !label_at) {
    return null;
  }
  const width = label.length * LETTER + 4;
  return { x: label_at[0] - width / 2, y: label_at[1] - HEIGHT / 2, width, height: HEIGHT };
}

/** Whether two boxes have an area in common. */
function meets(one: Box): (other: Box) => boolean {
  return other =>
    one.x < other.x + other.width &&
    other.x < one.x + one.width &&
    one.y < other.y + other.height &&
    other.y < one.y + one.height;
}
