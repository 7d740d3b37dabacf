/** What a cell's first lines make of it. Pure; the kernel says the same, once it knows the cell. */

/** A step with its name, another cell of ours, or a cell that could become a step. */
export type Role =
  | { readonly kind: 'step'; readonly name: string }
  | { readonly kind: 'params' | 'setup' | 'other magic' | 'plain' | 'empty' };

const COMMENTS = /^(?:[ \t]*(?:#[^\n]*)?\n)*/;
const MAGIC = /^%%(\w+)[ \t]*([^\n]*)/;
const DRIVING = /^[ \t]*%(?:load_ext|reload_ext|pipeline)\b/;

/** Say what a code cell is by its `%%` line, which may have comments above it. */
export function roleOf(source: string): Role {
  const magic = MAGIC.exec(source.replace(COMMENTS, ''));
  if (!magic) {
    return { kind: isEmpty(source) ? 'empty' : 'plain' };
  }
  switch (magic[1]) {
    case 'step':
      return { kind: 'step', name: nameIn(magic[2] ?? '') };
    case 'params':
    case 'setup':
      return { kind: magic[1] };
    default:
      return { kind: 'other magic' };
  }
}

function isEmpty(source: string): boolean {
  return source
    .split('\n')
    .every(line => !line.trim() || line.trim().startsWith('#') || DRIVING.test(line));
}

function nameIn(options: string): string {
  const first = options.trim().split(/\s+/)[0] ?? '';
  return first.startsWith('-') ? '' : first;
}

/** The text of a cell made a step, and where the name stands in it. */
export function asStep(source: string, name: string): { source: string; from: number; to: number } {
  const from = '%%step '.length;
  return { source: `%%step ${name}\n${source}`, from, to: from + name.length };
}
