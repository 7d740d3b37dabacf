/** Finds a text in lines, and the places in cells that a line of a traceback names. Pure. */
import { plainOf, type Piece } from './ansi';

/** A piece that is, or is not, part of what was looked for. */
export interface FoundPiece extends Piece {
  readonly isMatch: boolean;
}

/** The numbers of the lines that have the text, whatever its case; none for no text. */
export function matching(lines: readonly (readonly Piece[])[], query: string): readonly number[] {
  const wanted = query.toLowerCase();
  return wanted
    ? lines.flatMap((line, number) =>
        plainOf(line).toLowerCase().includes(wanted) ? [number] : []
      )
    : [];
}

/** A line cut where a match begins and ends; its colours stay. */
export function marked(line: readonly Piece[], query: string): readonly FoundPiece[] {
  const text = plainOf(line).toLowerCase();
  const wanted = query.toLowerCase();
  const bounds = new Set<number>();
  const inside = new Set<number>();
  let place = wanted ? text.indexOf(wanted) : -1;
  while (place >= 0) {
    bounds.add(place).add(place + wanted.length);
    inside.add(place);
    place = text.indexOf(wanted, place + wanted.length);
  }
  return cut(line, bounds, inside, wanted.length);
}

function cut(
  line: readonly Piece[],
  bounds: ReadonlySet<number>,
  starts: ReadonlySet<number>,
  length: number
): readonly FoundPiece[] {
  const pieces: FoundPiece[] = [];
  let place = 0;
  let matchEnd = -1;
  for (const { text, classes } of line) {
    let start = 0;
    for (let end = 1; end <= text.length; end++) {
      if (starts.has(place + start)) {
        matchEnd = Math.max(matchEnd, place + start + length);
      }
      if (end === text.length || bounds.has(place + end)) {
        const isMatch = place + start < matchEnd;
        pieces.push({ text: text.slice(start, end), classes, isMatch });
        start = end;
      }
    }
    place += text.length;
  }
  return pieces;
}

/** A line of a cell: of a step, by its name, or of a cell, by its number as tracebacks count. */
export interface Place {
  readonly step: string;
  readonly cell: string;
  readonly line: number;
}

/** The place that a line of a traceback names: `Step fit, line 3`, `cell 2, line 7, in tidy(frame)`. */
export function placeOf(text: string): Place | null {
  const match = /^\s*(?:Step (\S+)|cell (\d+)), line (\d+)\b/.exec(text);
  return match && { step: match[1] ?? '', cell: match[2] ?? '', line: Number(match[3]) };
}
