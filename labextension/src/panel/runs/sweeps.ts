/** The table of a sweep: what stands in its cells, its words and its order. Pure. */
import { statusWord, type Translator } from '../../statuses';
import type { BoardSweep, Status, SweepRow, SweepShown } from '../../wire';
import type { RunOrder } from './rows';

const TAG = /^sweep-\d{8}-\d{6}-[0-9a-f]{4}$/;

/** Whether a tag is the id of a sweep. */
export function isSweep(tag: string): boolean {
  return TAG.test(tag);
}

/** `sweep, run 3 of 8`; `sweep, run 3` where a search decides how many there will be. */
export function placeInSweep(sweep: BoardSweep, trans: Translator): string {
  return sweep.most === null
    ? trans.__('sweep, run %1', sweep.number)
    : trans.__('sweep, run %1 of %2', sweep.number, sweep.most);
}

/** What is to be done to compare, where one run is ticked; "" otherwise. */
export function chosenWords(count: number, trans: Translator): string {
  return count === 1 ? trans.__('tick another one to compare') : '';
}

/** How many runs there are, and how they stand: `3 of 8 runs · 2 completed · 1 running`. */
export function tallyText(shown: SweepShown, trans: Translator): string {
  const counts = new Map<Status, number>();
  for (const { status } of shown.rows) {
    counts.set(status, (counts.get(status) ?? 0) + 1);
  }
  const made = shown.rows.length;
  const runs =
    shown.most === null || shown.most === made
      ? trans.__('%1 runs', made)
      : trans.__('%1 of %2 runs', made, shown.most);
  const words = [...counts].map(([status, count]) => `${count} ${statusWord(status, trans)}`);
  return [made === 1 && shown.most === 1 ? trans.__('1 run') : runs, ...words].join(' · ');
}

/** Whether more may be told of it: another program may drive it, and be between two runs. */
export function mayGoOn(shown: SweepShown): boolean {
  return shown.goes_on || shown.most === null || shown.rows.length < shown.most;
}

/** By what the best run is found: `best: largest auc`; "" where nothing says so. */
export function goalText(shown: SweepShown, trans: Translator): string {
  const end = shown.goal.lastIndexOf(':');
  const name = shown.goal.slice(0, end);
  if (end < 0) {
    return '';
  }
  return shown.goal.endsWith(':max')
    ? trans.__('best: largest %1', name)
    : trans.__('best: smallest %1', name);
}

/** Why no run is marked, or no more are started; "" where nothing is to be said. */
export function noticeText(shown: SweepShown, trans: Translator): string {
  if (shown.reason) {
    return trans.__('The sweep ended early: %1', shown.reason);
  }
  if (!shown.unknown) {
    return '';
  }
  const said = trans.__('No completed run reported a number as %1.', shown.unknown);
  return shown.metrics.length
    ? `${said} ${trans.__('There are: %1', shown.metrics.join(', '))}`
    : said;
}

/** A row with its place in the order in which the runs were started, from 1. */
export interface NumberedRow {
  readonly number: number;
  readonly row: SweepRow;
}

/** The rows in the order of a column; null is the order in which they were started. */
export function ordered(shown: SweepShown, order: RunOrder | null): readonly NumberedRow[] {
  const rows = shown.rows.map((row, place) => ({ number: place + 1, row }));
  if (!order) {
    return rows;
  }
  const sign = order.isDown ? -1 : 1;
  const valued = rows.map(each => ({ each, value: valueOf(each, order.key) }));
  return valued
    .sort((a, b) => {
      if (a.value === '' || b.value === '') {
        return Number(a.value === '') - Number(b.value === '');
      }
      return sign * compared(a.value, b.value);
    })
    .map(({ each }) => each);
}

function valueOf({ number, row }: NumberedRow, key: string): string | number {
  switch (key) {
    case 'number':
      return number;
    case 'status':
      return row.status;
    case 'seconds':
      return row.seconds;
  }
  const value = key.startsWith('p:') ? row.parameters[key.slice(2)] : row.metrics[key.slice(2)];
  return numbered(value);
}

function numbered(value: unknown): string | number {
  if (typeof value === 'number') {
    return value;
  }
  const text = typeof value === 'string' ? value : '';
  return text !== '' && Number.isFinite(Number(text)) ? Number(text) : text;
}

function compared(a: string | number, b: string | number): number {
  return typeof a === 'number' && typeof b === 'number'
    ? a - b
    : String(a).localeCompare(String(b), undefined, { numeric: true });
}
