/** What is said in the form of parameters: which texts a run is given, and which are as they would be anyway. Pure. */
import type { ParameterField } from '../../wire';

/** Parameter -> the text that is said for it; null for nothing, which leaves its default. */
export type Said = Readonly<Record<string, string | null>>;

/** What is said for a parameter: what was typed, else what the last run was given. */
export function saidOf(field: ParameterField, said: Said): string | null {
  const text = said[field.name];
  return text === undefined ? field.used : text;
}

/** The text that its field shows. */
export function shownText(field: ParameterField, said: Said): string {
  return saidOf(field, said) ?? field.default ?? '';
}

/** Whether a run would have another value than the default. */
export function isChanged(field: ParameterField, said: Said): boolean {
  const text = saidOf(field, said);
  return text !== null && text !== field.default;
}

/** The texts that a run is given: those that are no defaults. */
export function textsOf(fields: readonly ParameterField[], said: Said): Record<string, string> {
  const changed = fields.filter(field => isChanged(field, said));
  return Object.fromEntries(changed.map(field => [field.name, saidOf(field, said) ?? '']));
}

/** What is said so that all fields have these texts, and the others their defaults. */
export function saying(
  fields: readonly ParameterField[],
  texts: Readonly<Record<string, string>>
): Said {
  return Object.fromEntries(fields.map(field => [field.name, texts[field.name] ?? null]));
}

/** A text of a field as a text of several lines is typed where it is long. */
export function isLong(text: string): boolean {
  return text.length > 60 || text.includes('\n');
}
