/** What each node of the graph shows now: a step, or a stage that is folded into one. Pure. */
import { isMaybeStale, staleText, statusText, statusWord, type Translator } from '../../statuses';
import type { Board, BoardStep, Layout, Status } from '../../wire';
import { LOOKS, STALE } from '../../wire';
import { earlierWords, queueText, spoken, statusLine } from '../../words';

/** What a node shows. */
export interface Face {
  readonly label: string;
  /** Its accessible name. */
  readonly spoken: string;
  /** All that there is to say, in lines. */
  readonly told: string;
  readonly status: Status;
  readonly isStale: boolean;
  /** Whether it is stale only if what is above it changes. */
  readonly isMaybe: boolean;
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

const LETTER = 6.6;
const BESIDE_NAME = 12;
const BESIDE_FOLD = 22;

/** The stage that a node stands for; "" if it is a step. */
export function stageOf(node: string): string {
  return node.startsWith('stage:') ? node.slice('stage:'.length) : '';
}

/** The name of the input that a node stands for, which only the catalog has; "" for all other nodes. */
export function dataOf(node: string): string {
  return node.startsWith('data:') ? node.slice('data:'.length) : '';
}

/** What is written on a node, or on the frame of a stage. */
export function titleOf(layout: Layout, id: string): string {
  return layout.titles?.[id] ?? (stageOf(id) || dataOf(id) || id);
}

/** Whether the steps of the pipeline that a step is are drawn in its node. */
export function isUnfoldedIn(layout: Layout, id: string): boolean {
  return layout.unfolded?.includes(id) ?? false;
}

/** Whether a node is a pipeline with steps of its own. */
export function isUnfoldableIn(layout: Layout, id: string): boolean {
  return layout.unfoldable?.includes(id) ?? false;
}

/** What each node shows. */
export function faces(
  layout: Layout,
  board: Board,
  now: number,
  trans: Translator
): ReadonlyMap<string, Face> {
  const all = [...board.steps, ...(board.nested ?? [])];
  const steps = new Map(all.map(step => [step.name, step]));
  return new Map(
    Object.entries(layout.members).map(([id, names]) => {
      const members = names.flatMap(name => steps.get(name) ?? []);
      return [id, faceOf(id, members)];
    })
  );

  function faceOf(id: string, members: readonly BoardStep[]): Face {
    if (dataOf(id)) {
      return ofData(id, layout, trans);
    }
    return stageOf(id)
      ? ofStage(id, members, layout, trans)
      : ofStep(id, members[0], layout, now, trans);
  }
}

function ofData(id: string, layout: Layout, trans: Translator): Face {
  const name = titleOf(layout, id);
  const told = `${name}, ${trans.__('from the catalog')}`;
  return {
    label: layout.lines === 1 ? name : shortened(name, widthOf(id, layout)),
    spoken: told,
    told,
    status: 'pending',
    isStale: false,
    isMaybe: false,
    done: 0
  };
}

function ofStep(
  id: string,
  step: BoardStep | undefined,
  layout: Layout,
  now: number,
  trans: Translator
): Face {
  const name = titleOf(layout, id);
  if (!step) {
    return {
      label: name,
      spoken: name,
      told: name,
      status: 'pending',
      isStale: false,
      isMaybe: false,
      done: 0
    };
  }
  const look = step.stale ? STALE : LOOKS[step.status];
  // A node has room for two things.
  const words = step.stale
    ? `${statusText(step.status, trans)} · ${staleText(step, trans)}`
    : `${look.icon} ${statusLine(step, now, trans)}`;
  const short = isMaybeStale(step)
    ? `${LOOKS[step.status].icon} · ${staleText(step, trans)}`
    : words;
  const room = widthOf(id, layout) - (isUnfoldableIn(layout, id) ? BESIDE_FOLD : 0);
  const label = isUnfoldedIn(layout, id)
    ? `${name}  ${short}`
    : layout.lines === 1
      ? [look.icon, name, countOf(step)].filter(Boolean).join(' ')
      : `${shortened(name, room)}\n${short}`;
  return {
    label,
    spoken: spoken(step, trans),
    told: [
      step.name,
      words,
      step.stale || step.error?.message || step.reason,
      queueText(step),
      ...earlierWords(step, trans),
      ...step.notes
    ]
      .filter(Boolean)
      .join('\n'),
    status: step.status,
    isStale: Boolean(step.stale),
    isMaybe: isMaybeStale(step),
    done: step.status === 'running' ? 100 * (step.share ?? 0) : 0
  };
}

/** How many of its elements, or of the steps of its pipeline, are done: `37/100`. */
function countOf(step: BoardStep): string {
  return step.elements ? (/^\d+\/\d+/.exec(step.progress)?.[0] ?? '') : '';
}

function ofStage(
  id: string,
  members: readonly BoardStep[],
  layout: Layout,
  trans: Translator
): Face {
  const status = LOUDEST.find(each => members.some(step => step.status === each)) ?? 'pending';
  const ended = members.filter(step => ['completed', 'cached'].includes(step.status)).length;
  const staleMembers = members.filter(step => step.stale);
  const stale = staleMembers.length;
  const stage = titleOf(layout, id);
  const count = `${ended}/${members.length}`;
  const words = `${LOOKS[status].icon} ${count} · ${stale ? `${stale} ${trans.__('stale')}` : statusWord(status, trans)}`;
  return {
    label:
      layout.lines === 1
        ? `▸ ${LOOKS[status].icon} ${stage}`
        : `▸ ${shortened(stage, widthOf(id, layout) - 2 * LETTER)}\n${words}`,
    spoken: `${stage}, ${statusWord(status, trans)}, ${count}`,
    told: [stage, words, members.map(step => step.name).join(', ')].join('\n'),
    status,
    isStale: stale > 0,
    isMaybe: stale > 0 && staleMembers.every(isMaybeStale),
    done: 0
  };
}

function widthOf(node: string, layout: Layout): number {
  return layout.nodes[node]?.width ?? Infinity;
}

/** A name as it fits into a node that is so many px wide. */
export function shortened(name: string, width: number): string {
  const most = Math.max(Math.floor((width - BESIDE_NAME) / LETTER), 3);
  return name.length <= most ? name : `${name.slice(0, most - 1)}…`;
}
