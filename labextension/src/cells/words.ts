/** What the header of a step's cell says. Pure. */
import { stepNamed, stepOfCell } from '../model';
import type { Board, BoardStep, Status } from '../wire';
import { staleText, statusText, type Translator } from '../statuses';
import { durationText, secondsOf } from '../words';

/** The words of a header; `detail` stands behind the status, `note` is what is to be done about it. */
export interface HeaderWords {
  readonly status: Status;
  readonly look: string;
  readonly detail: string;
  readonly note: string;
  readonly noteStatus: Status | 'stale';
  /** The step that it is about; undefined as long as the kernel tells of none. */
  readonly step: BoardStep | undefined;
}

/** A step's cell, as it is written now. */
export interface WrittenCell {
  readonly id: string;
  /** The step's name in its first line. */
  readonly name: string;
  /** Whether it continues another cell. */
  readonly isAppended: boolean;
}

/** Say how a step's cell stands; `isLive` when the kernel is linked, `now` by the kernel's clock. */
export function headerWords(
  cell: WrittenCell,
  board: Board | null,
  isLive: boolean,
  now: number,
  trans: Translator
): HeaderWords {
  const own = stepOfCell(board, cell.id);
  const named = stepNamed(board, cell.name);
  const step = own?.name === cell.name ? own : cell.isAppended ? named : undefined;
  if (step) {
    const isIdle = step.status === 'pending' && board?.heading.run?.status !== 'running';
    const detail = detailOf(step, now) || (isIdle ? trans.__('defined, not run yet') : '');
    return {
      status: step.status,
      look: statusText(step.status, trans),
      detail,
      ...noteOf(step, trans),
      step
    };
  }
  const words = { status: 'pending', noteStatus: 'stale', step: undefined } as const;
  if (!isLive) {
    return { ...words, look: trans.__('not loaded'), detail: '', note: '' };
  }
  const note = named && !own ? trans.__('another cell has this name') : '';
  return {
    ...words,
    look: statusText('pending', trans),
    detail: trans.__('defined, not run yet'),
    note
  };
}

function noteOf(step: BoardStep, trans: Translator): Pick<HeaderWords, 'note' | 'noteStatus'> {
  if (step.stale) {
    return { note: `${staleText(step, trans)}: ${step.stale}`, noteStatus: 'stale' };
  }
  if (step.status === 'failed' && step.error) {
    const { type, message, line } = step.error;
    const place = line === null ? '' : ` (${trans.__('line')} ${line})`;
    return { note: `${type}: ${message.split('\n')[0]}${place}`, noteStatus: 'failed' };
  }
  const before = step.earlier.at(-1);
  if (step.status === 'running' && before) {
    return { note: `${trans.__('attempt')} ${step.attempts}: ${before}`, noteStatus: 'queued' };
  }
  if (step.gate) {
    return { note: step.reason, noteStatus: 'queued' };
  }
  const isTold = ['queued', 'skipped', 'cancelled', 'interrupted', 'failed'].includes(step.status);
  return isTold && step.reason
    ? { note: step.reason, noteStatus: step.status }
    : { note: step.notes.join(' · '), noteStatus: 'pending' };
}

/** How far a running step is, else how many of its elements are done, and what it took. */
function detailOf(step: BoardStep, now: number): string {
  const time = timeText(step, now);
  return step.status === 'running'
    ? step.progress || time
    : [step.progress, time].filter(Boolean).join(' · ');
}

function timeText(step: BoardStep, now: number): string {
  const seconds = step.status === 'queued' ? 0 : secondsOf(step, now);
  return seconds > 0 ? durationText(seconds) : '';
}
