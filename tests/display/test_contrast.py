"""Text in any colour can be read on both grounds, and stays as it is where it can be read already."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_pipes.display.ansi import ansi_html
from jupyter_pipes.display.contrast import LEAST, LIGHT, NIGHT, Colour, contrast, readable

GREEN, BLACK, WHITE = (0, 135, 0), (0, 0, 0), (255, 255, 255)


@given(st.tuples(*[st.integers(0, 255)] * 3), st.sampled_from([LIGHT, NIGHT]))
def test_what_is_shown_can_be_read(colour: Colour, ground: Colour) -> None:
    assert contrast(readable(colour, ground), ground) >= LEAST


@pytest.mark.parametrize(("colour", "ground"), [(GREEN, WHITE), (BLACK, LIGHT), (WHITE, NIGHT)])
def test_what_can_be_read_stays(colour: Colour, ground: Colour) -> None:
    assert readable(colour, ground) == colour


def test_contrast_goes_from_one_to_twenty_one() -> None:
    assert contrast(BLACK, WHITE) == pytest.approx(21)
    assert contrast(GREEN, GREEN) == 1


@pytest.mark.parametrize("codes", ["38;5;28", "38;2;0;0;139", "38;5;16"])
def test_dark_text_of_programs_is_lighter_in_a_dark_theme(codes: str) -> None:
    html = ansi_html(f"\x1b[{codes}mdef\x1b[0m")
    night = re.search(r"\.vscode-dark\) .*?rgb\((\d+),(\d+),(\d+)\)", html)
    assert night is not None
    red, green, blue = map(int, night.groups())
    assert contrast((red, green, blue), NIGHT) >= LEAST
