/** The order of the table of steps. Pure. */
import type { BoardStep, Status } from '../wire';
import { secondsOf } from '../words';

export const COLUMNS = ['place', 'name', 'status', 'seconds'] as const;
export type Column = (typeof COLUMNS)[number];

/** By which column, and whether from the largest down. */
export interface Order {
  readonly column: Column;
  readonly isDown: boolean;
}

/** A step with its place in the pipeline, from 1. */
export interface Row {
  readonly step: BoardStep;
  readonly place: number;
}

/** What needs somebody comes first. */
const RANKS: readonly Status[] = [
  'failed',
  'cancelled',
  'interrupted',
  'skipped',
  'running',
  'queued',
  'pending',
  'completed',
  'cached'
];

/** The steps in order; equal ones stay in the pipeline's. */
export function sorted(steps: readonly BoardStep[], order: Order, now: number): readonly Row[] {
  const rows = steps.map((step, index) => ({ step, place: index + 1 }));
  const compare = COMPARISONS[order.column];
  const sign = order.isDown ? -1 : 1;
  return rows.sort((a, b) => sign * compare(a, b, now) || a.place - b.place);
}

const COMPARISONS: Readonly<Record<Column, (a: Row, b: Row, now: number) => number>> = {
  place: (a, b) => a.place - b.place,
  name: (a, b) => a.step.name.localeCompare(b.step.name),
  status: (a, b) => RANKS.indexOf(a.step.status) - RANKS.indexOf(b.step.status),
  seconds: (a, b, now) => secondsOf(a.step, now) - secondsOf(b.step, now)
};
