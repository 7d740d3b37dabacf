/** The fold: what is known of a pipeline, from what a kernel told. Pure; Python's display/board/changes.py is the same. */
import type { Board, BoardMessage, BoardStep } from './wire';

/** Thrown when a message is missing: the board has to be shown anew. */
export class MessageMissing extends Error {}

/** A board, with the number of the message that it is as of. */
export interface Known {
  readonly number: number;
  readonly board: Board;
}

/** What is known behind a message. */
export function fold(known: Known | null, message: BoardMessage): Known {
  if (message.kind === 'shown') {
    return { number: message.number, board: message.board };
  }
  if (known === null || message.number !== known.number + 1) {
    throw new MessageMissing(`message ${message.number} came behind ${known?.number ?? 'nothing'}`);
  }
  const { heading, steps, problems, nested = [] } = known.board;
  return {
    number: message.number,
    board: {
      heading: message.heading ?? heading,
      steps: renewed(steps, message.steps, message.order),
      problems: message.problems ?? problems,
      nested: renewed(nested, message.nested ?? [], message.nested_order ?? null)
    }
  };
}

function renewed(
  steps: readonly BoardStep[],
  changed: readonly BoardStep[],
  order: readonly string[] | null
): readonly BoardStep[] {
  const all = new Map([...steps, ...changed].map(step => [step.name, step]));
  return (order ?? steps.map(step => step.name)).flatMap(name => all.get(name) ?? []);
}

/** Whether a run goes on, or the sweep that it is one of. */
export function isRunning(board: Board | null): boolean {
  const heading = board?.heading;
  return heading?.run?.status === 'running' || (heading?.sweep?.goes_on ?? false);
}

/** The step that a cell is, if it is one. */
export function stepOfCell(board: Board | null, cell: string): BoardStep | undefined {
  return board ? indexOf(board).byCell.get(cell) : undefined;
}

/** The step of a name, if there is one. */
export function stepNamed(board: Board | null, name: string): BoardStep | undefined {
  return board ? indexOf(board).byName.get(name) : undefined;
}

interface Index {
  readonly byCell: ReadonlyMap<string | null, BoardStep>;
  readonly byName: ReadonlyMap<string, BoardStep>;
}

/** The steps of each board that was looked into: every cell looks for its own whenever one changes. */
const INDEXES = new WeakMap<Board, Index>();

function indexOf(board: Board): Index {
  let index = INDEXES.get(board);
  if (!index) {
    // Of several, the first is found.
    const steps = [...board.steps].reverse();
    index = {
      byCell: new Map(steps.map(step => [step.cell, step])),
      byName: new Map(steps.map(step => [step.name, step]))
    };
    INDEXES.set(board, index);
  }
  return index;
}

/** The run that shows how a step went: one of other steps has not this one, and it stands as it is kept. */
export function runWith(board: Board, step: BoardStep): string {
  const current = board.heading.run?.id ?? 'last';
  return step.status === 'cached' ? current : step.source_run || current;
}

/** The steps with a result that no longer fits. */
export function staleSteps(board: Board | null): readonly BoardStep[] {
  return board?.steps.filter(step => step.stale) ?? [];
}

/** The step that somebody looks for: the one that runs, else the first that failed. */
export function stepToLookAt(board: Board | null): BoardStep | undefined {
  const steps = board?.steps ?? [];
  return (
    steps.find(step => step.status === 'running') ?? steps.find(step => step.status === 'failed')
  );
}

/** The steps that wait for approval, by the gate that each has come to in its run. */
export function waitingSteps(board: Board | null): ReadonlyMap<string, BoardStep> {
  const run = board?.heading.run?.id ?? '';
  const waiting = board?.steps.filter(step => step.gate) ?? [];
  return new Map(waiting.map(step => [`${run} ${step.name} ${step.gate?.since ?? ''}`, step]));
}

/** What happened to the run between two boards: it began, ended, or neither. */
export function turn(before: Board | null, after: Board | null): 'began' | 'ended' | null {
  if (!before || isRunning(before) === isRunning(after)) {
    return null;
  }
  if (isRunning(after)) {
    return 'began';
  }
  return before.heading.run?.id === after?.heading.run?.id ? 'ended' : null;
}

/** The names of all steps that a step hangs on, or that hang on it. */
export function related(steps: readonly BoardStep[], name: string): ReadonlySet<string> {
  const upstream = new Map(steps.map(step => [step.name, step.upstream]));
  const downstream = new Map<string, string[]>();
  for (const step of steps) {
    for (const source of step.upstream) {
      downstream.set(source, [...(downstream.get(source) ?? []), step.name]);
    }
  }
  return new Set([...reached(name, upstream), ...reached(name, downstream)]);
}

function reached(start: string, links: ReadonlyMap<string, readonly string[]>): Set<string> {
  const names = new Set([start]);
  for (const name of names) {
    for (const next of links.get(name) ?? []) {
      names.add(next);
    }
  }
  return names;
}
