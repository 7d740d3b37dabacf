/** The whole graph, small, with the part that is seen; a press moves there. Only for the pointer: the keyboard has the nodes. */
import type { JSX, PointerEvent } from 'react';
import { useEffect, useRef } from 'react';
import type { Layout } from '../../wire';
import type { Place } from './canvas';
import { isUnfoldedIn, type Face } from './faces';
import { useSight, type Sights } from './sights';

const WIDTH = 150;
const HEIGHT = 110;
const LEAST_NODE = 1.5;

interface MinimapProps {
  readonly layout: Layout;
  readonly faces: ReadonlyMap<string, Face>;
  readonly sights: Sights;
  /** Status, or `stale` -> its colour. */
  readonly inks: Readonly<Record<string, string>>;
  readonly onMove: (place: Place) => void;
}

/** The minimap. */
export function Minimap({ layout, faces, sights, inks, onMove }: MinimapProps): JSX.Element {
  const sight = useSight(sights);
  const picture = useRef<HTMLCanvasElement>(null);
  const scale = Math.min(WIDTH / layout.width, HEIGHT / layout.height);
  const [width, height] = [Math.ceil(layout.width * scale), Math.ceil(layout.height * scale)];
  useEffect(() => {
    const pen = picture.current?.getContext('2d');
    if (pen) {
      pen.clearRect(0, 0, width, height);
      for (const [node, box] of Object.entries(layout.nodes)) {
        const face = faces.get(node);
        const ink = inks[face?.isStale ? 'stale' : (face?.status ?? 'pending')] ?? 'gray';
        const place = [
          box.x * scale,
          box.y * scale,
          Math.max(box.width * scale, LEAST_NODE),
          Math.max(box.height * scale, LEAST_NODE)
        ] as const;
        pen.fillStyle = pen.strokeStyle = ink;
        if (isUnfoldedIn(layout, node)) {
          pen.strokeRect(...place);
        } else {
          pen.fillRect(...place);
        }
      }
    }
  }, [layout, faces, inks, scale, width, height]);
  const move = (event: PointerEvent<HTMLDivElement>): void => {
    if (event.buttons === 1) {
      const { left, top } = event.currentTarget.getBoundingClientRect();
      onMove({ x: (event.clientX - left) / scale, y: (event.clientY - top) / scale });
    }
  };
  return (
    <div
      className="jp-pipes-minimap"
      aria-hidden="true"
      style={{ width, height }}
      onPointerDown={move}
      onPointerMove={move}
    >
      <canvas ref={picture} width={width} height={height} />
      {sight && (
        <div
          className="jp-pipes-sight"
          style={{
            left: sight.x * scale,
            top: sight.y * scale,
            width: sight.width * scale,
            height: sight.height * scale
          }}
        />
      )}
    </div>
  );
}
