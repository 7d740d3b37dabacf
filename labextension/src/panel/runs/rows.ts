/** The table of runs: its columns, what stands in them, and their order. Pure. */
import { statusText, statusWord, type Translator } from '../../statuses';
import type { RunLine, Status } from '../../wire';
import { durationText } from '../../words';

/** A column; those of parameters and metrics are named. */
export interface RunColumn {
  /** What to sort by it; different for each. */
  readonly key: string;
  readonly kind:
    'started' | 'run' | 'status' | 'seconds' | 'steps' | 'parameter' | 'metric' | 'tags';
  readonly name: string;
}

/** By which column, and whether from the largest down. */
export interface RunOrder {
  readonly key: string;
  readonly isDown: boolean;
}

/** The columns that these runs need: parameters only where they differ. */
export function columnsOf(runs: readonly RunLine[]): readonly RunColumn[] {
  return [
    ...(['run', 'status', 'started', 'seconds', 'steps'] as const).map(plain),
    ...differing(runs).map(name => ({ key: `p:${name}`, kind: 'parameter' as const, name })),
    ...namesOf(runs.map(run => run.metrics)).map(name => ({
      key: `m:${name}`,
      kind: 'metric' as const,
      name
    })),
    plain('tags')
  ];
}

function plain(kind: RunColumn['kind']): RunColumn {
  return { key: kind, kind, name: '' };
}

/** The parameters that have not the same value in all runs. */
export function differing(runs: readonly RunLine[]): readonly string[] {
  return namesOf(runs.map(run => run.parameters)).filter(
    name => new Set(runs.map(run => run.parameters[name])).size > 1
  );
}

function namesOf(records: readonly Readonly<Record<string, unknown>>[]): readonly string[] {
  return [...new Set(records.flatMap(record => Object.keys(record)))];
}

/** What stands in a column. */
export function textOf(run: RunLine, column: RunColumn, trans: Translator): string {
  switch (column.kind) {
    case 'status':
      return statusText(run.status, trans);
    case 'steps':
      return endingsText(run, trans);
    default:
      return plainTextOf(run, column);
  }
}

/** The same of a column that is in no language. */
function plainTextOf(run: RunLine, column: RunColumn): string {
  switch (column.kind) {
    case 'run':
      return run.title || run.id;
    case 'status':
      return run.status;
    case 'started':
      return momentText(run.started);
    case 'seconds':
      return durationText(run.seconds);
    case 'steps':
      return '';
    case 'parameter':
      return run.parameters[column.name] ?? '';
    case 'metric':
      return valueText(run.metrics[column.name]);
    case 'tags':
      return run.tags.join(', ');
  }
}

/** `2026-02-03 14:05:09`, by the clock of who looks. */
export function momentText(seconds: number): string {
  const moment = new Date(seconds * 1000);
  const two = (number: number): string => String(number).padStart(2, '0');
  const day = [moment.getFullYear(), two(moment.getMonth() + 1), two(moment.getDate())].join('-');
  const time = [moment.getHours(), moment.getMinutes(), moment.getSeconds()].map(two).join(':');
  return `${day} ${time}`;
}

const ENDINGS: readonly Status[] = ['completed', 'cached', 'failed', 'skipped', 'cancelled'];

/** How its steps ended: `2 completed · 1 cached`; how far it is, while it runs. */
export function endingsText(run: RunLine, trans: Translator): string {
  const counts = ENDINGS.flatMap(status => {
    const count = run.endings[status];
    return count ? `${count} ${statusWord(status, trans)}` : [];
  });
  const far = run.status === 'running' ? [`${Math.floor(100 * run.progress)} %`] : [];
  return [...far, ...counts].join(' · ');
}

/** A metric's value: numbers in four digits. */
export function valueText(value: unknown): string {
  if (typeof value === 'number') {
    return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(4)));
  }
  return value === undefined || value === null
    ? ''
    : typeof value === 'string'
      ? value
      : JSON.stringify(value);
}

/** What a value became: `+0.012 (+1.4 %)`; "" where one of them is none. */
export function deltaText(a: number | null, b: number | null): string {
  if (a === null || b === null || a === b) {
    return '';
  }
  const delta = Number((b - a).toPrecision(3));
  const share =
    a === 0 ? '' : ` (${signed(Number(((100 * (b - a)) / Math.abs(a)).toPrecision(3)))} %)`;
  return signed(delta) + share;
}

function signed(number: number): string {
  return number < 0 ? `−${-number}` : `+${number}`;
}

/** The runs in order; equal ones stay, and those that have no value in the column come last. */
export function sortedRuns(runs: readonly RunLine[], order: RunOrder): readonly RunLine[] {
  const column = columnsOf(runs).find(each => each.key === order.key);
  if (!column) {
    return runs;
  }
  const sign = order.isDown ? -1 : 1;
  const valued = runs.map(run => ({ run, value: valueOf(run, column) }));
  return valued
    .sort((a, b) => {
      if (a.value === '' || b.value === '') {
        return Number(a.value === '') - Number(b.value === '');
      }
      return sign * compared(a.value, b.value);
    })
    .map(({ run }) => run);
}

function compared(a: string | number, b: string | number): number {
  return typeof a === 'number' && typeof b === 'number'
    ? a - b
    : String(a).localeCompare(String(b), undefined, { numeric: true });
}

function valueOf(run: RunLine, column: RunColumn): string | number {
  switch (column.kind) {
    case 'started':
    case 'seconds':
      return run[column.kind];
    case 'steps':
      return run.endings.failed ?? 0;
    default:
      return numbered(plainTextOf(run, column));
  }
}

function numbered(text: string): string | number {
  return text !== '' && Number.isFinite(Number(text)) ? Number(text) : text;
}

/** What to ask for: the query, among what was put away or not. */
export function queryOf(query: string, isArchive: boolean): string {
  if (!isArchive) {
    return query;
  }
  return query.trim() ? `(${query}) AND archived:true` : 'archived:true';
}
