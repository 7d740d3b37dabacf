/** Quantities and statuses in words, as Python's model/quantities.py and display/looks.py say them. Pure. */
import { staleWord, statusWord, type Translator } from './statuses';
import type { Board, BoardStep } from './wire';

/** Behind the first ten seconds, so many lie between two texts of how long something takes. */
export const SOME_SECONDS = 5;

/** The queue of this machine. */
export const LOCAL = 'local';

/** A measured duration: `0.34 s`, `12.3 s`, `4 min 05 s`, `2 h 03 min`. */
export function durationText(seconds: number): string {
  if (seconds < 1) {
    return `${Math.max(seconds, 0).toFixed(2)} s`;
  }
  if (seconds < 59.95) {
    return `${seconds.toFixed(1)} s`;
  }
  const whole = Math.round(seconds);
  const minutes = Math.floor(whole / 60);
  return minutes < 60
    ? `${minutes} min ${padded(whole % 60)} s`
    : `${Math.floor(minutes / 60)} h ${padded(minutes % 60)} min`;
}

function padded(number: number): string {
  return String(number).padStart(2, '0');
}

/** What a step took so far, in seconds; `now` in seconds since 1970, by the kernel's clock. */
export function secondsOf(step: BoardStep, now: number): number {
  return step.seconds + (step.started === null ? 0 : Math.max(now - step.started, 0));
}

/** A time that goes on, as it is counted: each second up to ten, then every so many. */
export function counted(seconds: number, every: number): number {
  const whole = Math.floor(Math.max(seconds, 0));
  return whole < 10 ? whole : whole - (whole % every);
}

/** What a run counts, itself and each of its steps that run. */
export function countsOf(board: Board | null, now: number, every: number): string {
  const running = board?.steps.filter(step => step.status === 'running') ?? [];
  const seconds = running.map(step => secondsOf(step, now));
  return [now - (board?.heading.run?.started ?? now), ...seconds]
    .map(each => counted(each, every))
    .join(' ');
}

/** A step's accessible name: `STEP, STATUS`, with `, stale` or `, may be stale` behind it where it is. */
export function spoken(step: BoardStep, trans: Translator): string {
  const stale = step.stale && `, ${staleWord(step, trans)}`;
  return `${step.name}, ${statusWord(step.status, trans)}${stale}`;
}

/** Why its earlier attempts were not the last: `attempt 1: ValueError`. */
export function earlierWords(step: BoardStep, trans: Translator): string[] {
  return step.earlier.map((reason, place) => `${trans.__('attempt')} ${place + 1}: ${reason}`);
}

/** Where a step runs, if that is a queue: `queue far, on node-7`; "" for this machine. */
export function queueText(step: BoardStep): string {
  const host = step.host && `, on ${step.host}`;
  return step.queue === LOCAL ? '' : `queue ${step.queue}${host}`;
}

/** A node's second line: `completed · 1.2 s`, `running · 45 %`, `round 3 of ≤ 10`. */
export function statusLine(step: BoardStep, now: number, trans: Translator): string {
  const seconds = step.status === 'queued' ? 0 : secondsOf(step, now);
  const took = seconds > 0 ? durationText(seconds) : '';
  const progress = step.progress.replace('at most', '≤');
  // There is no room for more words.
  if (step.status === 'running' && /\p{L}/u.test(progress)) {
    return progress;
  }
  const [count] = progress.split(', ');
  return [statusWord(step.status, trans), count || took].filter(Boolean).join(' · ');
}

/** How a run stands in a few letters: `3/7 · train 42 %`, `7/7 · completed`. */
export function runLine(board: Board, now: number, trans: Translator): string {
  const { run } = board.heading;
  if (!run) {
    return '';
  }
  const ended = board.steps.filter(
    step => !['pending', 'queued', 'running'].includes(step.status)
  ).length;
  const running = board.steps.find(step => step.status === 'running');
  const doing = running
    ? `${running.name} ${running.progress || durationText(secondsOf(running, now))}`
    : statusWord(run.status, trans);
  return `${ended}/${board.steps.length} · ${doing}`;
}

/** A measured size: `812 B`, `3.4 KiB`, `320 MiB`. */
export function bytesText(size: number): string {
  let amount = size;
  let unit = 'B';
  for (const larger of ['KiB', 'MiB', 'GiB', 'TiB']) {
    if (amount < 1023.5) {
      break;
    }
    amount /= 1024;
    unit = larger;
  }
  return `${unit === 'B' || amount >= 99.95 ? amount.toFixed(0) : amount.toFixed(1)} ${unit}`;
}

/** A text on one line: the whole if it fits, else the words that do, with `…` behind them. */
export function shortened(text: string, most: number): string {
  const line = text.trim().replaceAll(/\s+/g, ' ');
  const room = line.slice(0, most);
  return line.length > most ? `${room.slice(0, room.lastIndexOf(' '))} …` : line;
}

/** A shape, with thousands marked: `250,000 × 2`; "" for none. */
export function shapeText(shape: readonly number[]): string {
  return shape.map(length => length.toLocaleString('en')).join(' × ');
}

/** What a line of a diff is: `+` what came, `-` what went, `@` where that is, ` ` what stayed. */
export function diffSign(line: string): string {
  return /^(--- before|\+\+\+ now|@@ )/.test(line) ? '@' : line.charAt(0);
}
