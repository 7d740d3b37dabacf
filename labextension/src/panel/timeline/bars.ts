/** Where the bars of a timeline lie. Pure. */
import type { Span, Timeline } from '../../wire';

const MINUTE = 60;
const HOUR = 60 * MINUTE;

/** A stretch of a row, in shares of the run's time. */
export interface Bar {
  readonly phase: Span['phase'];
  readonly left: number;
  readonly width: number;
  readonly seconds: number;
  readonly words: string;
  readonly isLost: boolean;
}

/** How long a timeline is so far, in seconds; never nothing. */
export function lengthOf(timeline: Timeline, now: number): number {
  const latest = Math.max(
    ...timeline.steps.flatMap(step => step.spans.map(span => span.end ?? span.start)),
    timeline.ended ?? now
  );
  return Math.max(latest - timeline.started, 0.001);
}

/** The bars of a step; what goes on reaches to now. */
export function barsOf(spans: readonly Span[], timeline: Timeline, now: number): readonly Bar[] {
  const length = lengthOf(timeline, now);
  return spans.map(span => {
    const end = Math.max(span.end ?? timeline.ended ?? now, span.start);
    return {
      phase: span.phase,
      left: Math.max(span.start - timeline.started, 0) / length,
      width: (end - span.start) / length,
      seconds: end - span.start,
      words: span.words ?? '',
      isLost: span.is_lost ?? false
    };
  });
}

/** Seconds of a step's bars that it waited for something else than earlier steps. */
export function waitedOf(bars: readonly Bar[]): number {
  const own = bars.filter(bar => bar.phase !== 'running' && bar.phase !== 'upstream');
  return own.reduce((sum, bar) => sum + bar.seconds, 0);
}

/** Round seconds for the marks of an axis: about `count`, in whole seconds, minutes or hours times 1, 2 or 5. */
export function marksOf(length: number, count = 4): readonly number[] {
  const unit = length >= 4 * HOUR ? HOUR : length >= 4 * MINUTE ? MINUTE : 1;
  const rough = length / count / unit;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find(factor => factor * power >= rough) ?? 10) * power * unit;
  return Array.from({ length: Math.floor(length / step) + 1 }, (_, place) => place * step);
}
