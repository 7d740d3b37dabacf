/** A `%%step` line: its words with their places, the options they say, and the line with one changed. Pure. */
import { STEP_OPTIONS } from '../wire';

/** A word as a shell takes it; places count from the start of the line. */
export interface Word {
  readonly text: string;
  readonly from: number;
  readonly to: number;
}

/** An option as the line says it, with all that stands behind it. */
export interface Said {
  readonly flag: string;
  readonly values: readonly string[];
  readonly from: number;
  readonly to: number;
}

/** A line, understood as far as it can be. */
export interface StepLine {
  readonly name: Word | null;
  readonly options: readonly Said[];
}

const MAGIC = /^%%step(?!\S)/;
const PLAIN = /^[\p{L}\p{M}\p{N}_@%+=:,./*?~[\]-]+$/u;

/** The words behind `%%step`; a quotation mark that is not closed reaches to the end of the line. */
export function wordsOf(line: string): Word[] {
  const words: Word[] = [];
  let text: string | null = null;
  let from = 0;
  let quote = '';
  for (let at = MAGIC.exec(line)?.[0].length ?? 0; at < line.length; at++) {
    const char = line.charAt(at);
    if (!quote && /\s/.test(char)) {
      if (text !== null) {
        words.push({ text, from, to: at });
        text = null;
      }
      continue;
    }
    if (text === null) {
      text = '';
      from = at;
    }
    if (char === quote) {
      quote = '';
    } else if (!quote && (char === '"' || char === "'")) {
      quote = char;
    } else if (char === '\\' && isEscape(quote, line.charAt(at + 1))) {
      text += line.charAt(++at);
    } else {
      text += char;
    }
  }
  return text === null ? words : [...words, { text, from, to: line.length }];
}

function isEscape(quote: string, next: string): boolean {
  return quote === '' ? next !== '' : quote === '"' && (next === '"' || next === '\\');
}

/** What a line says. */
export function parsed(line: string): StepLine {
  const words = wordsOf(line);
  const [first] = words;
  const name = first && !first.text.startsWith('-') ? first : null;
  const options: Said[] = [];
  for (const word of name ? words.slice(1) : words) {
    const last = options.at(-1);
    if (word.text.startsWith('--')) {
      const [flag = '', ...rest] = word.text.split('=');
      const values = rest.length ? [rest.join('=')] : [];
      options.push({ flag, values, from: word.from, to: word.to });
    } else if (last) {
      options[options.length - 1] = {
        ...last,
        values: [...last.values, word.text],
        to: word.to
      };
    }
  }
  return { name, options };
}

/** What stands behind a flag, of all places where it stands; null if it stands nowhere. */
export function valuesOf(line: StepLine, flag: string): readonly string[] | null {
  const places = line.options.filter(option => option.flag === flag);
  return places.length ? places.flatMap(option => option.values) : null;
}

/** The line with these values behind a flag, where it stood first or at the end; null takes it out. */
export function withOption(line: string, flag: string, values: readonly string[] | null): string {
  const places = parsed(line).options.filter(option => option.flag === flag);
  const written = values && [flag, ...values.map(quoted)].join(' ');
  let text = line;
  for (const { from, to } of [...places].reverse()) {
    const isFirst = from === places[0]?.from;
    text = isFirst && written ? spliced(text, from, to, written) : without(text, from, to);
  }
  return places.length || !written ? text : `${line.trimEnd()} ${written}`;
}

/** The line with another name. */
export function withName(line: string, name: string): string {
  const { name: word } = parsed(line);
  if (word) {
    return spliced(line, word.from, word.to, quoted(name));
  }
  const start = MAGIC.exec(line)?.[0].length ?? 0;
  return spliced(line, start, start, ` ${quoted(name)}`);
}

function spliced(text: string, from: number, to: number, by: string): string {
  return text.slice(0, from) + by + text.slice(to);
}

function without(text: string, from: number, to: number): string {
  const before = text.slice(0, from).trimEnd();
  const behind = text.slice(to).trimStart();
  return behind ? `${before} ${behind}` : before;
}

function quoted(text: string): string {
  return PLAIN.test(text) ? text : `'${text.replaceAll("'", `'"'"'`)}'`;
}

/** Where the cursor is in a line: behind which flag, and in which word, which may be empty. */
export interface Spot {
  /** The flag whose value the word may be; "" where a flag stands, or the name. */
  readonly flag: string;
  /** Whether the word is the step's name. */
  readonly isName: boolean;
  readonly word: Word;
}

/** Say where a place of the line is; `at` counts from its start. */
export function spotAt(line: string, at: number): Spot {
  const before = wordsOf(line.slice(0, at));
  const last = before.at(-1);
  const isInside = last?.to === at;
  const word = last && isInside ? last : { text: '', from: at, to: at };
  const others = isInside ? before.slice(0, -1) : before;
  const flag = others.reduce((latest, { text }) => flagAfter(latest, text), '');
  return { flag, isName: others.length === 0 && !word.text.startsWith('-'), word };
}

/** The flag that still takes values behind a word. */
function flagAfter(latest: string, word: string): string {
  if (word.startsWith('--')) {
    return STEP_OPTIONS.some(option => option.flag === word && option.takes !== 'nothing')
      ? word
      : '';
  }
  const takes = STEP_OPTIONS.find(option => option.flag === latest)?.takes;
  return takes === 'many' ? latest : '';
}

/** Words as they are written behind each other. */
export function joined(words: readonly string[]): string {
  return words.map(quoted).join(' ');
}
