/** The tab "Graph": the live DAG, with a list of its steps for who does not see the canvas. */
import type { JSX } from 'react';
import { useEffect, useRef, useState } from 'react';
import { reveal } from '../../notebook';
import { isRunning } from '../../model';
import type { PipelineSession } from '../../session';
import type { Board, Layout } from '../../wire';
import { spoken } from '../../words';
import { useTick } from '../heading';
import type { TabProps } from '../tabs';
import { GraphCanvas } from './canvas';

const NO_SIZE = { clientWidth: 440, clientHeight: 640 };

/** The tab. */
export function GraphTab({ session, trans, isLight }: TabProps): JSX.Element {
  const ground = useRef<HTMLDivElement>(null);
  const canvas = useRef<GraphCanvas | null>(null);
  const { board, now, selected } = session;
  const layout = useLayout(session, ground.current ?? NO_SIZE);
  useTick(isRunning(board));

  useEffect(() => {
    if (!ground.current) {
      return undefined;
    }
    const made = new GraphCanvas(ground.current, {
      onSelect: node => {
        choose(session, node);
      },
      onOpen: node => {
        void open(session, node);
      }
    });
    canvas.current = made;
    return () => {
      canvas.current = null;
      made.dispose();
    };
  }, [session]);
  useEffect(() => {
    canvas.current?.restyle();
  }, [isLight, session]);
  useEffect(() => {
    if (layout) {
      canvas.current?.draw(layout);
    }
  }, [layout, session]);
  useEffect(() => {
    if (layout && board) {
      canvas.current?.show(layout, board, now);
      canvas.current?.select(selected, board);
    }
  });

  return (
    <div className="jp-pipes-graph">
      <div className="jp-pipes-zoom" role="group" aria-label={trans.__('Zoom')}>
        <button
          type="button"
          title={trans.__('Smaller')}
          onClick={() => canvas.current?.zoomBy(-0.1)}
        >
          −
        </button>
        <button
          type="button"
          title={trans.__('Larger')}
          onClick={() => canvas.current?.zoomBy(0.1)}
        >
          +
        </button>
        <button type="button" onClick={() => canvas.current?.fit()}>
          {trans.__('Fit')}
        </button>
      </div>
      <div ref={ground} className="jp-pipes-canvas" aria-hidden="true" />
      <ul className="jp-pipes-hidden" aria-label={trans.__('Steps')}>
        {board?.steps.map(step => (
          <li key={step.name}>
            <button
              type="button"
              onClick={() => {
                choose(session, step.name);
              }}
            >
              {spoken(step)}
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}

/** Select a step by its node, and its cell with it. */
function choose(session: PipelineSession, node: string): void {
  const step = session.board?.steps.find(each => each.name === node);
  session.select(step?.name ?? '');
  const notebook = session.panel.content;
  const index = notebook.widgets.findIndex(widget => widget.model.id === step?.cell);
  if (index >= 0) {
    notebook.activeCellIndex = index;
  }
}

async function open(session: PipelineSession, node: string): Promise<void> {
  const cell = session.board?.steps.find(each => each.name === node)?.cell;
  if (cell) {
    await reveal(session.panel.content, cell);
  }
}

/** The layout of the graph, asked for again when its steps or edges change. */
function useLayout(session: PipelineSession, room: typeof NO_SIZE): Layout | null {
  const [layout, setLayout] = useState<Layout | null>(null);
  const shape = session.board && shapeOf(session.board);
  useEffect(() => {
    let isCurrent = true;
    if (shape) {
      session.ask({ ask: 'graph', width: room.clientWidth, height: room.clientHeight }).then(
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
    // A graph that is drawn stays as it is when the panel gets wider.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [session, shape]);
  return layout;
}

function shapeOf(board: Board): string {
  return JSON.stringify(
    board.steps.map(step => [step.name, step.stage, step.upstream, step.reads])
  );
}
