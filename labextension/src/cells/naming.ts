/** What a cell would be called as a step: as the last thing that it writes. Pure. */

/** No name of a step: parameters belong to it. */
const RESERVED = 'params';

const TEXTS = /("""|''')[\s\S]*?\1|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|#[^\n]*/g;
const BRACKETS = /\([^()[\]{}]*\)|\[[^()[\]{}]*\]|\{[^()[\]{}]*\}/g;
const DEFINED = /^([ \t]*)(?:async[ \t]+)?(?:def|class)[ \t]+([\p{L}_][\p{L}\p{N}_]*)/u;
const ASSIGNED =
  /^([ \t]*)(?!(?:else|try|finally)\b)(?:[\p{L}_][\p{L}\p{N}_]*[ \t]*(?:,|=(?!=))[ \t]*)*([\p{L}_][\p{L}\p{N}_]*)[ \t]*(?::[^=]*)?(?:\/\/|\*\*|<<|>>|[-+*/%&|^@])?=(?!=)/u;

/**
 * A name for a cell that is no step yet.
 *
 * @param place of the cell in the notebook, from 1: it is called by that if it writes nothing
 * @param taken names that other steps have
 */
export function suggestedName(source: string, place: number, taken: ReadonlySet<string>): string {
  const name = lastWritten(source) ?? `cell_${place}`;
  const isFree = (each: string): boolean => !taken.has(each) && each !== RESERVED;
  let free = name;
  for (let number = 2; !isFree(free); number++) {
    free = `${name}_${number}`;
  }
  return free;
}

/** The last name that a cell writes, of those that are not in a block, if there are any. */
function lastWritten(source: string): string | undefined {
  const written = writtenIn(source).filter(({ name }) => !name.startsWith('_'));
  return (written.filter(({ indent }) => indent === 0).at(-1) ?? written.at(-1))?.name;
}

interface Written {
  readonly name: string;
  readonly indent: number;
}

/** What is assigned and defined, but not within functions and classes: those names are their own. */
function writtenIn(source: string): readonly Written[] {
  const written: Written[] = [];
  let own = Infinity;
  for (const line of withoutTexts(source).split('\n')) {
    const indent = line.search(/\S/);
    if (indent < 0 || indent > own) {
      continue;
    }
    own = DEFINED.test(line) ? indent : Infinity;
    const name = (DEFINED.exec(line) ?? ASSIGNED.exec(line))?.[2];
    if (name) {
      written.push({ name, indent });
    }
  }
  return written;
}

/** Code without strings, comments and what stands in brackets: keywords of a call are no names. */
function withoutTexts(source: string): string {
  let [before, code] = ['', source.replace(TEXTS, text => (text.startsWith('#') ? '' : '$'))];
  while (code !== before) {
    [before, code] = [code, code.replace(BRACKETS, '$')];
  }
  return code;
}
