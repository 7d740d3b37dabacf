"""Terminals' escape sequences in users' text: what they become in plain text and in HTML."""

from __future__ import annotations

import re
from functools import cache

_ESCAPE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|.)", re.DOTALL)


def plain(text: str) -> str:
    """Return text without the escape sequences by which a terminal is told colours and more."""
    return _ESCAPE.sub("", text)


_LOG_LIMIT = 60_000


_CONTROL = re.compile(r"\x1b\[[0-?]*[ -/]*[@-ln-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[@-Z\\^_]")


_UNPRINTABLE = {code: "\ufffd" for code in range(32) if chr(code) not in "\n\t\x1b"}


def terminal_text(log: str) -> str:
    """Return a log's tail as a terminal would show it: `\\r` overwrites, only colours stay of escapes."""
    tail = _CONTROL.sub("", log[-_LOG_LIMIT:].replace("\r\n", "\n"))
    lines = (_overwritten(line) if "\r" in line else line for line in tail.split("\n"))
    return "\n".join(lines).translate(_UNPRINTABLE)


def _overwritten(line: str) -> str:
    written = [part for part in line.split("\r") if part.strip()]
    return written[-1] if written else ""


def ansi_html(text: str) -> str:
    """Return text with ANSI colours as escaped HTML with spans."""
    from ansi2html import Ansi2HTMLConverter

    html = Ansi2HTMLConverter(inline=False, linkify=False).convert(text, full=False).rstrip("\n")
    extended = set(re.findall(r"ansi[34]8-\d+", html))
    rules = "".join(f".{name}{{{_extended_colours()[name]}}}" for name in sorted(extended))
    return (f"<style>{rules}</style>" if rules else "") + html


@cache
def _extended_colours() -> dict[str, str]:
    from ansi2html.style import get_styles

    return {rule.klass.lstrip("."): rule.kw for rule in get_styles()}
