"""Markdown -> docstrings."""

from __future__ import annotations

import re
import textwrap


def plain_text(markdown: str) -> str:
    """Return Markdown as plain text: no markup, no images, no code blocks."""
    text = re.sub(r"(?ms)^(```|~~~).*?^\1\s*$", "", markdown)
    text = re.sub(r"<!--.*?-->|</?[A-Za-z][^<>]*>", "", text, flags=re.DOTALL)
    text = re.sub(r"!\[[^\]]*\]\([^)]*\)", "", text)
    text = re.sub(r"\[([^\]]+)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"(?m)^#+[ \t]+(.*?)[ \t#]*$", r"\n\1\n", text)
    text = re.sub(r"(\*\*|__|\*)(?=\S)([^*\n]+?)(?<=\S)\1", r"\2", text)
    return re.sub(r"\n{3,}", "\n\n", text).strip()


def docstring(text: str, level: int = 1) -> str:
    """Return the text as a docstring's source at an indentation level, wrapped, or "" for no text."""
    paragraphs = [paragraph.strip() for paragraph in text.split("\n\n") if paragraph.strip()]
    if not paragraphs:
        return ""
    indent = "    " * level
    content = "\n\n".join(_wrapped(paragraph, 92 - len(indent)) for paragraph in paragraphs)
    end = f"\n{indent}" if "\n" in content else ""
    prefix = ""
    if "\\" in content and '"""' not in content and (end or content[-1] not in '\\"'):
        # Formulas are more legible without doubled backslashes.
        prefix = "r"
    else:
        content = content.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
        content = f'{content[:-1]}\\"' if content.endswith('"') and not end else content
    return textwrap.indent(f'{prefix}"""{content}', indent) + f'{end}"""'


def _wrapped(paragraph: str, width: int) -> str:
    lines = paragraph.split("\n")
    if any(re.match(r"\s*([-*+>|]|\d+[.)])\s", line) for line in lines):
        return "\n".join(textwrap.fill(line, width, subsequent_indent="  ") for line in lines)
    return textwrap.fill(paragraph, width)
