/** The layout of a graph, asked for again when its steps, its stages or the room for it change. */
import { useEffect, useState, type RefObject } from 'react';
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

/** The room of an element; null before it is shown. */
export function useRoom(element: RefObject<HTMLElement | null>): Room | null {
  const [room, setRoom] = useState<Room | null>(null);
  useEffect(() => {
    let due: number | undefined;
    const take = (): void => {
      const { clientWidth: width = 0, clientHeight: height = 0 } = element.current ?? {};
      if (width && height) {
        setRoom(before =>
          before && !isOther(before, { width, height }) ? before : { width, height }
        );
      }
    };
    const observer = new ResizeObserver(() => {
      window.clearTimeout(due);
      due = window.setTimeout(take, PAUSE_MILLISECONDS);
    });
    take();
    if (element.current) {
      observer.observe(element.current);
    }
    return () => {
      window.clearTimeout(due);
      observer.disconnect();
    };
  }, [element]);
  return room;
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
  const shape = session.board && shapeOf(session.board);
  useEffect(() => {
    let isCurrent = true;
    if (shape && room) {
      session.ask({ ask: 'graph', ...room, collapsed: folded }).then(
        answer => {
          if (isCurrent) {
            setLayout(answer);
          }
        },
        // The heading says that the kernel is gone.
        () => undefined
      );
    }
    return () => {
      isCurrent = false;
    };
  }, [session, shape, room, folded]);
  return layout;
}

function shapeOf(board: Board): string {
  return JSON.stringify(
    board.steps.map(step => [step.name, step.stage, step.upstream, step.reads])
  );
}
