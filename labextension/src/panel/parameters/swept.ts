/** Parameters that take several values: what is said of each, and of the sweep over them. Pure. */
import type { ParameterField, StartSweep } from '../../wire';
import type { Said } from './texts';
import { shownText } from './texts';

/** What is said of a sweep. */
export interface Swept {
  /** Parameter -> its values, as they stand behind `--sweep NAME=`. */
  readonly over: Readonly<Record<string, string>>;
  /** By which metric the best run is found; "" for none. */
  readonly metric: string;
  /** Whether the best run has the largest value of it. */
  readonly isLargest: boolean;
  /** How many runs at most, as text; "" for all. */
  readonly atMost: string;
}

/** No parameter takes several values. */
export const NOTHING_SWEPT: Swept = { over: {}, metric: '', isLargest: true, atMost: '' };

/** The text that a field begins with when it is to take several values. */
export function severalOf(field: ParameterField, said: Said): string {
  switch (field.kind) {
    case 'choice':
      return field.choices.join(', ');
    case 'switch':
      return 'true, false';
    default:
      return shownText(field, said);
  }
}

/** The same with other values of a parameter; null lets it have one value again. */
export function withValues(swept: Swept, name: string, values: string | null): Swept {
  const others = Object.entries(swept.over).filter(([other]) => other !== name);
  const all = values === null ? others : [...others, [name, values] as const];
  return { ...swept, over: Object.fromEntries(all) };
}

/** What the kernel is asked to begin, or to check, in the order of the form; null where nothing is swept. */
export function sweepAsked(
  fields: readonly ParameterField[],
  swept: Swept
): Pick<StartSweep, 'over' | 'metric' | 'at_most'> | null {
  const over = fields.flatMap(({ name }) => {
    const values = swept.over[name];
    return values === undefined ? [] : [[name, values] as const];
  });
  if (over.length === 0) {
    return null;
  }
  const metric = swept.metric.trim();
  return {
    over: Object.fromEntries(over),
    metric: metric && `${metric}:${swept.isLargest ? 'max' : 'min'}`,
    at_most: swept.atMost.trim()
  };
}

/** The texts of the parameters that have one value. */
export function single(
  texts: Readonly<Record<string, string>>,
  swept: Swept
): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(texts).filter(([name]) => !(name in swept.over)));
}
