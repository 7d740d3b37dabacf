/** What a cell's first lines make of it. Pure; the kernel says the same, once it knows the cell. */
import { parsed } from './cells/stepline';

/** A step with its name, another cell of ours, or a cell that could become a step. */
export type Role =
  | { readonly kind: 'step'; readonly name: string }
  | { readonly kind: 'params' | 'setup' | 'other magic' | 'plain' | 'empty' };

const COMMENTS = /^(?:[ \t]*(?:#[^\n]*)?\n)*/;
const MAGIC = /^%%(\w+)[^\n]*/;
const DRIVING = /^[ \t]*%(?:load_ext|reload_ext|pipeline)\b/;

/** Say what a code cell is by its `%%` line, which may have comments above it. */
export function roleOf(source: string): Role {
  const magic = MAGIC.exec(source.replace(COMMENTS, ''));
  if (!magic) {
    return { kind: isEmpty(source) ? 'empty' : 'plain' };
  }
  switch (magic[1]) {
    case 'step':
      return { kind: 'step', name: parsed(magic[0]).name?.text ?? '' };
    case 'params':
    case 'setup':
      return { kind: magic[1] };
    default:
      return { kind: 'other magic' };
  }
}

const USE =
  /^%pipeline[ \t]+use[ \t]+(?:"([^"\n]+)"|'([^'\n]+)'|([^\s"'#{}$-][^\s{}$]*))[ \t]*(?:#[^\n]*)?$/gm;

/** The pipeline that the cells below a code cell belong to, by its last `%pipeline use NAME`; "" if it says none. */
export function usedBelow(source: string): string {
  if (!source.includes('%pipeline') || source.trimStart().startsWith('%%')) {
    return '';
  }
  const last = [...source.matchAll(USE)].at(-1);
  return last?.slice(1).find(Boolean) ?? '';
}

function isEmpty(source: string): boolean {
  return source
    .split('\n')
    .every(line => !line.trim() || line.trim().startsWith('#') || DRIVING.test(line));
}

/** The `%%step` line of a cell, and where it stands in it; null if the cell is no step. */
export function stepLineIn(source: string): { text: string; from: number; to: number } | null {
  const from = COMMENTS.exec(source)?.[0].length ?? 0;
  const text = /^%%step(?![^\s])[^\n]*/.exec(source.slice(from))?.[0];
  return text === undefined ? null : { text, from, to: from + text.length };
}

/** The text of a cell made a step, and where the name stands in it. */
export function asStep(source: string, name: string): { source: string; from: number; to: number } {
  const from = '%%step '.length;
  return { source: `%%step ${name}\n${source}`, from, to: from + name.length };
}
