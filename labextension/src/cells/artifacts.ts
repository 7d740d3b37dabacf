/** Names that a cell wants and a step makes. Pure. */
import type { Board, BoardStep } from '../wire';

const MISSING = /^name '(.+?)' is not defined/;

/** The name that an output, as a notebook's file has it, says is not defined; "" if it says nothing of the kind. */
export function missingName(output: {
  readonly output_type?: unknown;
  readonly ename?: unknown;
  readonly evalue?: unknown;
}): string {
  const isNameError = output.output_type === 'error' && output.ename === 'NameError';
  return (isNameError && MISSING.exec(String(output.evalue))?.[1]) || '';
}

/** The step that makes a name: the last one, as a notebook's cells run. */
export function makerOf(board: Board | null, name: string): BoardStep | undefined {
  return board?.steps.filter(step => step.writes.includes(name)).at(-1);
}

/** Whether something is kept of what a step made. */
export function hasResult({ status, source_run: kept }: BoardStep): boolean {
  return status === 'completed' || status === 'cached' || kept !== '';
}
