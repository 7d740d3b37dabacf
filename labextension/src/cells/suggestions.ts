/** What may stand at a place of a `%%step` line, and what an option there means. Pure. */
import { STEP_NAME_RULE, STEP_OPTIONS, type StepOption } from '../wire';
import { parsed, spotAt, wordsOf } from './stepline';

/** The names that a line may use. */
export interface Names {
  readonly steps: readonly string[];
  readonly parameters: readonly string[];
  /** What steps write. */
  readonly values: readonly string[];
  /** The same with the step in front, as references have it: `load.df`. */
  readonly outputs: readonly string[];
  /** Where steps run. */
  readonly queues: readonly string[];
  /** What the notebook defines that can be called. */
  readonly functions: readonly string[];
}

/** A word that fits, with a line of help. */
export interface Suggestion {
  readonly word: string;
  readonly help: string;
}

/** Words for a place, to be put where `from` to the place is now. */
export interface Suggestions {
  readonly from: number;
  readonly words: readonly Suggestion[];
}

/** Say what may stand at a place of a line; null where nobody can tell. */
export function suggestionsAt(line: string, at: number, names: Names): Suggestions | null {
  const spot = spotAt(line, at);
  if (spot.isName) {
    return null;
  }
  const expected = expectedAt(line, at, spot.flag, names);
  if (expected) {
    return expected;
  }
  const said = parsed(line).options.map(option => option.flag);
  const isFlag = spot.flag === '' || spot.word.text.startsWith('-');
  const words = isFlag
    ? STEP_OPTIONS.filter(({ flag }) => flag === spot.word.text || !said.includes(flag)).map(
        option => ({ word: option.flag, help: helpOf(option) })
      )
    : valuesFor(spot.flag, parsed(line).name?.text ?? '', names);
  return words.length ? { from: spot.word.from, words } : null;
}

/** What may stand inside a value: a reference, or a name in a condition; null elsewhere. */
function expectedAt(line: string, at: number, flag: string, names: Names): Suggestions | null {
  const before = line.slice(0, at);
  const known = referencesFor(flag, parsed(line).name?.text ?? '', names);
  const reference = known && /\$\{[\p{L}\p{N}_.]*$/u.exec(before);
  if (reference) {
    // Editors may close what is opened.
    const end = line.startsWith('}', at) ? '' : '}';
    const words = known.map(name => `\${${name}${end}`);
    return { from: reference.index, words: words.map(plainly) };
  }
  const isCondition = flag === '--when' || flag === '--repeat-while';
  const name = isCondition ? /(?<![.\p{L}\p{N}_])(?!\d)[\p{L}\p{N}_]*$/u.exec(before) : null;
  return name && { from: name.index, words: [...names.parameters, ...names.values].map(plainly) };
}

/** What a reference may stand for in an option; null where it takes none. */
function referencesFor(flag: string, self: string, names: Names): string[] | null {
  const refersTo = STEP_OPTIONS.find(each => each.flag === flag)?.refersTo ?? 'nothing';
  if (refersTo === 'nothing') {
    return null;
  }
  const outputs = refersTo === 'steps' ? names.outputs : [];
  const others = outputs.filter(name => !name.startsWith(`${self}.`));
  return [...names.parameters.map(name => `params.${name}`), ...others];
}

/** All that may stand in an option's field, references among it. */
export function offeredFor(flag: string, self: string, names: Names): string[] {
  const offered = [' ', ' ${'].map(typed => {
    const line = `%%step ${self || 'step'} ${flag}${typed}`;
    return suggestionsAt(line, line.length, names)?.words ?? [];
  });
  return [...new Set(offered.flat().map(({ word }) => word))];
}

function valuesFor(flag: string, self: string, names: Names): Suggestion[] {
  const ofNames: Readonly<Record<string, readonly string[]>> = {
    '--after': names.steps.filter(name => name !== self),
    '--ignore-param': names.parameters,
    '--queue': names.queues,
    '--in': names.values,
    '--before': names.functions,
    '--after-done': names.functions,
    '--on-status': names.functions,
    '--retry-on': names.functions
  };
  const metavar = STEP_OPTIONS.find(each => each.flag === flag)?.metavar ?? '';
  return (ofNames[flag] ?? (metavar.includes('|') ? metavar.split('|') : [])).map(plainly);
}

function plainly(word: string): Suggestion {
  return { word, help: '' };
}

/** The help of an option, in one line. */
export function helpOf({ metavar, help }: StepOption): string {
  return metavar ? `${metavar}: ${help}` : help;
}

/** The help for a place of a line, with the word that it is about; null where there is none. */
export function helpAt(
  line: string,
  at: number
): { from: number; to: number; title: string; help: string } | null {
  const words = wordsOf(line);
  const place = words.findIndex(word => word.from <= at && at <= word.to);
  const word = words[place];
  if (!word) {
    return at <= '%%step'.length
      ? { from: 0, to: '%%step'.length, title: '%%step NAME [options]', help: STEP_NAME_RULE }
      : null;
  }
  const option = STEP_OPTIONS.find(each => each.flag === word.text.split('=')[0]);
  return (
    (option && { ...word, title: `${option.flag} ${option.metavar}`.trim(), help: option.help }) ??
    null
  );
}

/** The functions that the text of a cell defines. */
export function functionsIn(source: string): string[] {
  return [...source.matchAll(/^def[ \t]+(\p{ID_Start}\p{ID_Continue}*|_\w*)/gmu)].map(
    match => match[1] ?? ''
  );
}

/** The parameters that the text of a `%%params` cell declares. */
export function declaredIn(source: string): string[] {
  return [
    ...source.matchAll(/^(\p{ID_Start}\p{ID_Continue}*|_\w*)[ \t]*(?::[^=\n]+)?=(?!=)/gmu)
  ].map(match => match[1] ?? '');
}
