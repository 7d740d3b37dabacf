/** Terminal text as lines of coloured pieces; of all escapes Python leaves only colours. Pure. */

/** Text of one look; the classes are those of Lab's own outputs, so that they fit its themes. */
export interface Piece {
  readonly text: string;
  readonly classes: string;
}

const NAMES = ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white'] as const;

/** About what a terminal shows for each of them. */
const COLOURS: readonly (readonly [number, number, number])[] = [
  [0, 0, 0],
  [205, 0, 0],
  [0, 175, 0],
  [205, 175, 0],
  [0, 80, 215],
  [175, 0, 175],
  [0, 175, 175],
  [229, 229, 229]
];

interface Look {
  foreground: string;
  background: string;
  isBold: boolean;
  isUnderlined: boolean;
}

const PLAIN: Readonly<Look> = {
  foreground: '',
  background: '',
  isBold: false,
  isUnderlined: false
};

/** The lines of a text, each as its pieces; colours go on over line ends. */
export function linesOf(text: string): readonly (readonly Piece[])[] {
  const look: Look = { ...PLAIN };
  return text.split('\n').map(line => piecesOf(line, look));
}

function piecesOf(line: string, look: Look): readonly Piece[] {
  const pieces: Piece[] = [];
  // eslint-disable-next-line no-control-regex -- escapes begin with one
  for (const [part, codes, text] of line.matchAll(/\u001b\[([0-9;:]*)m|([^\u001b]+)|\u001b/g)) {
    if (text !== undefined) {
      pieces.push({ text, classes: classesOf(look) });
    } else if (part.length > 1) {
      turn(look, (codes ?? '').split(/[;:]/).map(Number));
    }
  }
  return pieces;
}

function classesOf(look: Look): string {
  return [
    look.foreground && `ansi-${look.foreground}-fg`,
    look.background && `ansi-${look.background}-bg`,
    look.isBold && 'ansi-bold',
    look.isUnderlined && 'ansi-underline'
  ]
    .filter(Boolean)
    .join(' ');
}

/** Change the look as the codes of one escape say. */
function turn(look: Look, codes: number[]): void {
  while (codes.length > 0) {
    const code = codes.shift() ?? 0;
    if (code === 0) {
      Object.assign(look, PLAIN);
    } else if (code === 1 || code === 22) {
      look.isBold = code === 1;
    } else if (code === 4 || code === 24) {
      look.isUnderlined = code === 4;
    } else if (code === 38 || code === 48) {
      look[code === 38 ? 'foreground' : 'background'] = extended(codes);
    } else if (code === 39) {
      look.foreground = '';
    } else if (code === 49) {
      look.background = '';
    } else {
      named(look, code);
    }
  }
}

function named(look: Look, code: number): void {
  const name = NAMES[code % 10];
  const tens = Math.floor(code / 10);
  if (name && (tens === 3 || tens === 4)) {
    look[tens === 3 ? 'foreground' : 'background'] = name;
  } else if (name && (tens === 9 || tens === 10)) {
    look[tens === 9 ? 'foreground' : 'background'] = `${name}-intense`;
  }
}

/** The named colour that is nearest: those are readable in every theme. */
function extended(codes: number[]): string {
  const kind = codes.shift();
  if (kind === 2) {
    return nearest(codes.splice(0, 3));
  }
  const number = kind === 5 ? (codes.shift() ?? 0) : 0;
  if (number < 16) {
    return `${NAMES[number % 8] ?? 'black'}${number < 8 ? '' : '-intense'}`;
  }
  if (number > 231) {
    return number < 244 ? 'black-intense' : 'white';
  }
  const cube = number - 16;
  const levels = [Math.floor(cube / 36), Math.floor(cube / 6) % 6, cube % 6];
  return nearest(levels.map(level => level * 51));
}

function nearest(rgb: readonly number[]): string {
  const distances = COLOURS.map(colour =>
    colour.reduce((sum, part, place) => sum + (part - (rgb[place] ?? 0)) ** 2, 0)
  );
  return NAMES[distances.indexOf(Math.min(...distances))] ?? 'black';
}

/** The text of a line without its colours. */
export function plainOf(line: readonly Piece[]): string {
  return line.map(piece => piece.text).join('');
}
