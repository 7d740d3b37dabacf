/** A graph that does not change, as SVG: of a kept run, or of two; a node is a button. */
import type { TranslationBundle } from '@jupyterlab/translation';
import type { JSX, KeyboardEvent } from 'react';
import { statusText } from '../../statuses';
import { LOOKS } from '../../wire';
import type { Board, BoardStep, Box, ComparedRuns, Layout } from '../../wire';
import { durationText } from '../../words';
import { dataOf } from '../graph/faces';
import { roundedPath } from './lines';

/** The room that a graph gets in px; the layout is asked for it. */
export const ROOM = { width: 420, height: 320 };

const ONE_LINE = 34;
const LETTER = 6.4;
/** Of boxes with one line; those with two are wider. */
const WIDEST = 180;
const BESIDE_NAME = 16;

interface DrawingProps {
  readonly board: Board;
  readonly layout: Layout;
  readonly marks?: ComparedRuns['marks'];
  readonly selected: string;
  readonly trans: TranslationBundle;
  onSelect(step: string): void;
}

/** The drawing. */
export function Drawing(props: DrawingProps): JSX.Element {
  const { layout, board, trans } = props;
  const steps = new Map(board.steps.map(step => [step.name, step]));
  return (
    <svg
      className="jp-pipes-drawing"
      viewBox={`0 0 ${layout.width} ${layout.height}`}
      style={{ maxWidth: layout.width * 1.25 }}
      role="group"
      aria-label={trans.__('Graph')}
    >
      {Object.entries(layout.groups).map(([stage, box]) => (
        <g key={stage} className="jp-pipes-frame">
          <rect {...box} rx={6} />
          <text x={box.x + box.width / 2} y={box.y + 17}>
            {stage}
          </text>
        </g>
      ))}
      {layout.edges.map(edge => (
        <g key={`${edge.source} ${edge.target}`} className="jp-pipes-edge">
          <title>{edge.names.join(', ')}</title>
          <path d={roundedPath(edge.points)} data-observed={edge.is_by_code === false} />
          <path d={arrow(edge.points)} className="jp-pipes-arrow" />
        </g>
      ))}
      {Object.entries(layout.nodes).map(([id, box]) => (
        <Node
          key={id}
          id={id}
          box={box}
          steps={(layout.members[id] ?? []).flatMap(name => steps.get(name) ?? [])}
          {...props}
        />
      ))}
    </svg>
  );
}

function Node(
  props: DrawingProps & {
    readonly id: string;
    readonly box: Box;
    readonly steps: readonly BoardStep[];
  }
): JSX.Element {
  const { id, box, steps, marks, selected } = props;
  const [first] = steps;
  const status = steps.find(step => step.status === 'failed')?.status ?? first?.status ?? 'pending';
  const mark = marks?.[id];
  const name = id.replace(/^(stage|data):/, '');
  const words = mark ? markWords(mark, props.trans) : statusWords(steps, props.trans, dataOf(id));
  const choose = (): void => {
    props.onSelect(first?.name === selected ? '' : (first?.name ?? ''));
  };
  const middle = box.x + box.width / 2;
  const isTall = box.height >= ONE_LINE;
  const isData = Boolean(dataOf(id));
  const icon = mark ? words.charAt(0) : LOOKS[status].icon;
  return (
    <g
      role="button"
      tabIndex={0}
      className="jp-pipes-node"
      aria-label={`${name}, ${words}`}
      aria-pressed={first?.name === selected}
      data-jupyter-pipes-status={mark || isData ? undefined : status}
      data-mark={mark}
      onClick={choose}
      onKeyDown={(event: KeyboardEvent) => {
        if (event.key === 'Enter' || event.key === ' ') {
          event.preventDefault();
          choose();
        }
      }}
    >
      <title>{`${name}, ${words}`}</title>
      <rect {...box} rx={6} />
      <text x={middle} y={box.y + box.height / 2 + (isTall ? -4 : 4)}>
        {isTall || isData
          ? fittingName(name, box.width)
          : `${icon} ${fittingName(name, box.width)}`}
      </text>
      {isTall && (
        <text x={middle} y={box.y + box.height / 2 + 13} className="jp-pipes-state">
          {fitting(words, box.width)}
        </text>
      )}
    </g>
  );
}

function statusWords(steps: readonly BoardStep[], trans: TranslationBundle, input: string): string {
  if (input) {
    return trans.__('from the catalog');
  }
  const [first] = steps;
  if (!first || steps.length > 1) {
    return trans._n('%1 step', '%1 steps', steps.length);
  }
  const took = first.seconds > 0 ? ` · ${durationText(first.seconds)}` : '';
  return `${statusText(first.status, trans)}${took}`;
}

/** How a step's two sides are to each other, in words. */
export function markWords(mark: ComparedRuns['marks'][string], trans: TranslationBundle): string {
  switch (mark) {
    case 'changed':
      return trans.__('≠ changed');
    case 'only in a':
      return trans.__('− only in A');
    case 'only in b':
      return trans.__('+ only in B');
    case 'same':
      return trans.__('= same');
  }
}

/** A name as it fits: a box is as wide as its name asks for, up to the widest. */
function fittingName(name: string, width: number): string {
  return width < WIDEST ? name : fitting(name, width - BESIDE_NAME);
}

function fitting(text: string, width: number): string {
  const most = Math.floor((width - 8) / LETTER);
  return text.length > most ? `${text.slice(0, Math.max(most - 1, 1))}…` : text;
}

function arrow(points: Layout['edges'][number]['points']): string {
  const end = points[points.length - 1];
  const before = points[points.length - 2];
  if (!end || !before) {
    return '';
  }
  const length = Math.hypot(end[0] - before[0], end[1] - before[1]) || 1;
  const [dx, dy] = [(end[0] - before[0]) / length, (end[1] - before[1]) / length];
  const [x, y] = [end[0] - 7 * dx, end[1] - 7 * dy];
  return `M${end[0]},${end[1]} L${x - 3.5 * dy},${y + 3.5 * dx} L${x + 3.5 * dy},${y - 3.5 * dx} Z`;
}
