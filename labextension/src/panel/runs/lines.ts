/** Lines as SVG paths: edges with round corners, and curves of metrics. Pure. */
import type { Point } from '../../wire';

type Place = readonly [number, number];

/** A path through points, with its corners rounded. */
export function roundedPath(points: readonly Place[], radius = 12): string {
  const [first, ...others] = points;
  if (!first) {
    return '';
  }
  const pieces = others.map((point, index) => {
    const before = points[index] ?? point;
    const next = points[index + 2];
    return next
      ? `L${text(towards(point, before, radius))} Q${text(point)} ${text(towards(point, next, radius))}`
      : `L${text(point)}`;
  });
  return `M${text(first)} ${pieces.join(' ')}`;
}

function towards(from: Place, to: Place, most: number): Place {
  const length = Math.hypot(to[0] - from[0], to[1] - from[1]) || 1;
  const share = Math.min(most, length / 2) / length;
  return [from[0] + share * (to[0] - from[0]), from[1] + share * (to[1] - from[1])];
}

function text([x, y]: Place): string {
  return `${Number(x.toFixed(1))},${Number(y.toFixed(1))}`;
}

/** From where to where curves go, along and up. */
export interface Extent {
  readonly at: Place;
  readonly value: Place;
}

/** The extent of all these points. */
export function extentOf(curves: readonly (readonly Point[])[]): Extent {
  const points = curves.flat();
  return {
    at: ends(points.map(point => point.at)),
    value: ends(points.map(point => point.value))
  };
}

function ends(numbers: readonly number[]): Place {
  return [Math.min(...numbers), Math.max(...numbers)];
}

/** A curve as a path in `width` by `height`; a flat one lies in the middle. */
export function curvePath(
  points: readonly Point[],
  extent: Extent,
  width: number,
  height: number
): string {
  const places = points.map((point): Place => [
    width * share(point.at, extent.at, 0),
    height * (1 - share(point.value, extent.value, 0.5))
  ]);
  return places.map((place, index) => `${index ? 'L' : 'M'}${text(place)}`).join(' ');
}

function share(number: number, [low, high]: Place, flat: number): number {
  return high > low ? (number - low) / (high - low) : flat;
}
