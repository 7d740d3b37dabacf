/** Curves of one metric over its steps, of one run or of two, laid over each other. */
import type { JSX } from 'react';
import type { Point } from '../../wire';
import { curvePath, extentOf } from './lines';
import { valueText } from './rows';

const WIDTH = 320;
const HEIGHT = 110;

/** A chart; of two curves the first is A's, the second B's. */
export function Curves({
  name,
  curves
}: {
  readonly name: string;
  readonly curves: readonly (readonly Point[])[];
}): JSX.Element {
  const extent = extentOf(curves);
  const [low, high] = extent.value.map(valueText);
  const last = curves.map(points => valueText(points[points.length - 1]?.value));
  return (
    <figure className="jp-pipes-curves">
      <figcaption>{name}</figcaption>
      <div>
        <span className="jp-pipes-scale">
          <span>{high}</span>
          <span>{low}</span>
        </span>
        <svg
          viewBox={`-3 -3 ${WIDTH + 6} ${HEIGHT + 6}`}
          preserveAspectRatio="none"
          role="img"
          aria-label={`${name}: ${last.join(' → ')}`}
        >
          {curves.map((points, index) => (
            <path
              key={index === curves.length - 1 ? 'b' : 'a'}
              className={index === curves.length - 1 ? 'jp-pipes-curve-b' : 'jp-pipes-curve-a'}
              d={curvePath(points, extent, WIDTH, HEIGHT)}
            />
          ))}
        </svg>
      </div>
      <div className="jp-pipes-scale-at">
        {extent.at.map(at => (
          <span key={at}>{valueText(at)}</span>
        ))}
      </div>
    </figure>
  );
}
