"""Terminal text: what a terminal shows in the end of text that moves its cursor, and its colours as HTML."""

from __future__ import annotations

import re
from functools import cache
from itertools import groupby, islice, pairwise, repeat
from operator import itemgetter

from jupyter_pipes.display.contrast import LIGHT, NIGHT, readable
from jupyter_pipes.display.theme import DARK
from jupyter_pipes.model.errors import visible
from jupyter_pipes.system.patterns import pattern

HEIGHT, WIDTH = 50, 200
"""Rows above the last one that text can still change, and columns up to which a move alone leads."""

TAIL = 60_000
"""Characters of a text's end that a card or the details show."""

_TOKEN = pattern(
    r"(?P<text>[^\x00-\x08\x0a-\x1f\x7f-\x9f]+)|(?P<control>[\n\v\f\r\b])"
    r"|\x1b\[(?P<parameters>[0-?]*)[ -/]*(?P<final>[@-~])"
    # Texts for the terminal itself, such as a window's title; one that never ends takes no other line.
    r"|\x1b[\]PX^_][^\x07\x1b\n]*(?:\x07|\x1b\\)?|\x1b[ -/]*[0-~]?|.",
    re.DOTALL,
)
_MOVE = pattern(r"[\v\f\r\b]|\x1b\[[0-?]*[ -/]*[ABCDGK]")
# What is no wider than a letter, by far the most: letters of the west, boxes, blocks of progress bars.
_NARROW = pattern(r"[\t -\u02ff\u2500-\u25fc]*")
_COLOUR = pattern(r"\x1b\[[0-9;:]*m")

_Cell = tuple[str, str]
"""What one column shows ("" behind a wide character), and the codes of its colours."""


def terminal_text(text: str) -> str:
    """Return what a terminal shows in the end: of all escapes only colours stay, of controls line breaks.

    Text behind a carriage return or a backspace overwrites, `\\r\\n` is a line break, and the cursor moves
    that progress displays use (up, down, left, right, erase) are followed. The time is linear in the text's.
    """
    text = text.replace("\r\n", "\n")
    if not _MOVE.search(text):
        return _TOKEN.sub(_kept, text)
    screen = _Screen()
    for token in _TOKEN.finditer(text):
        screen.take(token)
    return screen.text()


def plain(text: str) -> str:
    """Return what a terminal shows in the end, without colours."""
    return _COLOUR.sub("", terminal_text(text))


def one_line(text: str) -> str:
    """Return a text without colours and line breaks; all else that drives a terminal is shown as text."""
    return " ".join(uncoloured(text).split())


def uncoloured(text: str) -> str:
    """Return a text without colours; all else that drives a terminal is shown as text."""
    return visible(_COLOUR.sub("", text.replace("\r\n", "\n")))


def terminal_tail(text: str) -> str:
    """Return the end of a text as `terminal_text` does, as much of it as a display has room for."""
    return terminal_text(text[-TAIL:])


def _kept(token: re.Match[str]) -> str:
    return token[0] if token["text"] or token["control"] or token["final"] == "m" else ""


class _Screen:
    """The rows that a text can still change, and the text of those that scrolled out of its reach."""

    def __init__(self) -> None:
        self._gone: list[str] = []
        self._rows: list[list[_Cell]] = [[]]
        self._row = self._column = 0
        self._attributes: dict[str, str] = {}
        self._codes = ""

    def text(self) -> str:
        """Return all that it shows."""
        return "\n".join([*self._gone, *map(_row_text, self._rows)])

    def take(self, token: re.Match[str]) -> None:
        """Do what the next token of the text says."""
        row, parameters = self._rows[self._row], token["parameters"]
        match token["final"] or token["control"]:
            case "\n" | "\v" | "\f":
                self._break_line()
            case "\r":
                self._column = 0
            case "\b":
                self._column = max(self._column - 1, 0)
            case "A":
                self._row = max(self._row - _number(parameters), 0)
            case "B":
                self._row = min(self._row + _number(parameters), len(self._rows) - 1)
            case "C":
                self._column = max(self._column, min(self._column + _number(parameters), WIDTH))
            case "D":
                self._column = max(self._column - _number(parameters), 0)
            case "G":
                self._column = min(_number(parameters), WIDTH) - 1
            case "K" if parameters == "2":
                row.clear()
                self._column = min(self._column, WIDTH)
            case "K" if parameters in ("", "0"):
                del row[self._column :]
            case "m":
                self._attributes = _changed(self._attributes, parameters)
                self._codes = ";".join(self._attributes.values())
            case None if token["text"]:
                self._write(row, token["text"])
            case _:
                # It changes nothing of what is shown, or nothing that a log's text means.
                return

    def _break_line(self) -> None:
        self._row, self._column = self._row + 1, 0
        if self._row == len(self._rows):
            self._rows.append([])
        if self._row > HEIGHT:
            self._gone.append(_row_text(self._rows.pop(0)))
            self._row -= 1

    def _write(self, row: list[_Cell], text: str) -> None:
        start = self._column
        row += [(" ", "")] * (start - len(row))
        columns = text if _NARROW.fullmatch(text) else _columns(text)
        cells = list(zip(columns, repeat(self._codes)))
        self._column = end = start + len(cells)
        if 0 < start < len(row) and not row[start][0]:
            row[start - 1] = (" ", "")
        row[start:end] = cells
        if end < len(row) and not row[end][0]:
            row[end] = (" ", "")


def _columns(text: str) -> list[str]:
    """Return what each column shows: a character with the marks above it, "" behind one of two columns."""
    from rich.cells import get_character_cell_size

    widths = [get_character_cell_size(char) for char in text]
    starts = [place for place, width in enumerate(widths) if width or not place]
    columns: list[str] = []
    for start, end in pairwise([*starts, len(text)]):
        columns += [text[start:end], ""][: max(widths[start], 1)]
    return columns


def _row_text(row: list[_Cell]) -> str:
    parts: list[str] = []
    for codes, cells in groupby(row, itemgetter(1)):
        text = "".join(map(itemgetter(0), cells))
        parts.append(f"\x1b[{codes}m{text}\x1b[0m" if codes else text)
    return "".join(parts).rstrip(" ")


def _number(parameters: str) -> int:
    digits = re.match(r"\d{0,3}", parameters)
    return max(int(digits[0]), 1) if digits and digits[0] else 1


def _changed(attributes: dict[str, str], parameters: str) -> dict[str, str]:
    """Return attribute -> code of what holds behind an escape that sets colours."""
    changed = dict(attributes)
    codes = iter(parameters.split(";"))
    for code in codes:
        number = code.partition(":")[0].lstrip("0")
        if number in ("38", "48") and number == code:
            kind = next(codes, "")
            code = ";".join((code, kind, *islice(codes, {"5": 1, "2": 3}.get(kind, 0))))
        if not number:
            changed.clear()
        elif number in _ENDED:
            for attribute in _ENDED[number]:
                changed.pop(attribute, None)
        elif number in _ATTRIBUTES:
            changed[_ATTRIBUTES[number]] = code
    return changed


_ATTRIBUTES = {
    **{str(code): str(code) for code in range(1, 10)},
    **{str(code): "foreground" for code in (*range(30, 39), *range(90, 98))},
    **{str(code): "background" for code in (*range(40, 49), *range(100, 108))},
}
_ENDED = {"22": ("1", "2"), "39": ("foreground",), "49": ("background",)} | {
    str(20 + code): (str(code),) for code in (3, 4, 5, 7, 8, 9)
}


def ansi_html(text: str) -> str:
    """Return terminal text as escaped HTML, its colours as spans."""
    from ansi2html import Ansi2HTMLConverter

    html = Ansi2HTMLConverter(inline=False, linkify=False).convert(text, full=False).rstrip("\n")
    extended = sorted(set(re.findall(r"ansi[34]8-\d+", html)))
    rules = "".join(map(_rules, extended))
    return (f"<style>{rules}</style>" if rules else "") + html


def _rules(name: str) -> str:
    """Return the CSS of one of 256 colours (`ansi38-208`), or of any (`ansi48-255128000`, as a ground)."""
    css = _extended_colour(name)
    rule = f".{name}{{{css}}}"
    colour = re.fullmatch(r"color: (?:#(..)(..)(..)|rgb\((\d+),(\d+),(\d+)\))", css)
    if colour is None:
        return rule
    parts = [int(part, 16) for part in colour.groups()[:3] if part] or [int(n) for n in colour.groups()[3:]]
    red, green, blue = (min(part, 255) for part in parts)
    # With a ground of its own, how it can be read is the program's business.
    text = f'.jupyter-pipes .{name}:not([class*="ansi48"])'
    for theme, ground in (("", LIGHT), (f"{DARK} ", NIGHT)):
        shown = ",".join(map(str, readable((red, green, blue), ground)))
        rule += f"{theme}{text}{{color: rgb({shown})}}"
    return rule


def _extended_colour(name: str) -> str:
    """Return the declaration of a colour; "" for none."""
    rgb = re.fullmatch(r"ansi([34])8-(\d{3})(\d{3})(\d{3})", name)
    if rgb is None:
        return _256_colours().get(name, "")
    return f"{'color' if rgb[1] == '3' else 'background-color'}: rgb({rgb[2]},{rgb[3]},{rgb[4]})"


@cache
def _256_colours() -> dict[str, str]:
    from ansi2html.style import get_styles

    return {rule.klass.lstrip("."): rule.kw for rule in get_styles()}
