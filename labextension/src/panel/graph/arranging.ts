/** The layout of a graph, asked for again when its steps, its stages or the room for it change. */
import { useEffect, useMemo, useState, type RefObject } from 'react';
import type { PipelineSession } from '../../session';
import type { Board, Layout } from '../../wire';

const PAUSE_MILLISECONDS = 200;
/** A graph that is drawn stays as it is while the room changes by less than this share. */
const LITTLE = 0.12;

/** The room that there is, in px. */
export interface Room {
  readonly width: number;
  readonly height: number;
}

/** The room of an element; null before it is shown, and as long as it is being given its first size. */
export function useRoom(element: RefObject<HTMLElement | null>): Room | null {
  const [room, setRoom] = useState<Room | null>(null);
  useEffect(() => {
    let stop = (): void => undefined;
    let isFirst = true;
    const take = (): void => {
      const { clientWidth: width = 0, clientHeight: height = 0 } = element.current ?? {};
      if (width && height) {
        isFirst = false;
        setRoom(before =>
          before && !isOther(before, { width, height }) ? before : { width, height }
        );
      }
    };
    const observer = new ResizeObserver(() => {
      stop();
      // A panel that opens is widened before the next frame: one layout is asked for, for what it comes to.
      stop = isFirst ? afterFrames(2, take) : afterPause(take);
    });
    if (element.current) {
      observer.observe(element.current);
    }
    return () => {
      stop();
      observer.disconnect();
    };
  }, [element]);
  return room;
}

/** Call behind so many frames; returns how to leave it. */
function afterFrames(count: number, action: () => void): () => void {
  let frame = requestAnimationFrame(function next() {
    if (--count > 0) {
      frame = requestAnimationFrame(next);
    } else {
      action();
    }
  });
  return () => {
    cancelAnimationFrame(frame);
  };
}

function afterPause(action: () => void): () => void {
  const timer = window.setTimeout(action, PAUSE_MILLISECONDS);
  return () => {
    window.clearTimeout(timer);
  };
}

function isOther(before: Room, after: Room): boolean {
  return (
    Math.abs(after.width - before.width) > LITTLE * before.width ||
    Math.abs(after.height - before.height) > LITTLE * before.height
  );
}

/** The layout; null until the kernel has answered. */
export function useLayout(
  session: PipelineSession,
  room: Room | null,
  folded: readonly string[] | null
): Layout | null {
  const [layout, setLayout] = useState<Layout | null>(null);
  const { board, state } = session;
  // Not with each frame: of many steps it is long.
  const shape = useMemo(() => board && shapeOf(board), [board]);
  useEffect(() => {
    let isCurrent = true;
    if (shape && room) {
      session.ask({ ask: 'graph', ...room, collapsed: folded }).then(
        answer => {
          if (isCurrent) {
            // What stands already is not drawn again.
            setLayout(before => (isSame(before, answer) ? before : answer));
          }
        },
        // The heading says that the kernel is gone; when it is back, it is asked again.
        () => undefined
      );
    }
    return () => {
      isCurrent = false;
    };
  }, [session, state, shape, room, folded]);
  return layout;
}

function isSame(before: Layout | null, after: Layout): boolean {
  return JSON.stringify(before) === JSON.stringify(after);
}

function shapeOf(board: Board): string {
  const steps = [...board.steps, ...(board.nested ?? [])];
  return JSON.stringify(steps.map(step => [step.name, step.stage, step.upstream, step.reads]));
}
