"""What a step showed: text, rich outputs and its error, in the order in which they appeared."""

from __future__ import annotations

import string
from unittest import mock

from hypothesis import given
from hypothesis import strategies as st

from jupyter_pipes.export import step_outputs
from jupyter_pipes.export.step_outputs import LOG_LIMIT, interleave
from jupyter_pipes.model.results import StepError


def stream(text: str) -> dict[str, str]:
    return {"output_type": "stream", "name": "stdout", "text": text}


RICH = {"output_type": "display_data", "data": {"text/plain": "x"}, "metadata": {}}


def test_text_and_rich_outputs_come_in_the_order_they_appeared() -> None:
    assert interleave(b"ab\ncd\n", [(3, RICH), (3, RICH), (6, RICH)]) == [
        stream("ab\n"),
        RICH,
        RICH,
        stream("cd\n"),
        RICH,
    ]


def test_an_offset_behind_the_log_puts_the_output_last() -> None:
    assert interleave(b"ab", [(9, RICH)]) == [stream("ab"), RICH]


def test_an_error_comes_last_with_its_traceback() -> None:
    error = StepError("ValueError", "no", "Traceback\nValueError: no")
    assert interleave(b"", [], error) == [
        {
            "output_type": "error",
            "ename": "ValueError",
            "evalue": "no",
            "traceback": ["Traceback", "ValueError: no"],
        }
    ]
    assert interleave(b"", [], StepError("Killed", "signal 9"))[0]["traceback"] == ["Killed: signal 9"]


def test_bytes_that_are_no_text_are_marked() -> None:
    assert interleave(b"\xffok \xc3\xa9", []) == [stream("\ufffdok é")]


def test_a_huge_log_keeps_head_and_tail() -> None:
    log = b"head\n" + b"x" * (3 * LOG_LIMIT) + b"\ntail\n"
    (output,) = interleave(log, [])
    assert output["text"].startswith("head\n")
    assert output["text"].endswith("\ntail\n")
    assert f"{len(log) - LOG_LIMIT:,} bytes" in output["text"]
    assert len(output["text"]) < LOG_LIMIT + 100


@given(
    st.text(string.printable[:-3].replace("\r", ""), max_size=60),
    st.lists(st.integers(0, 80), max_size=5),
)
def test_every_output_appears_once_and_printable_text_stays_whole(log: str, offsets: list[int]) -> None:
    outputs = interleave(log.encode(), [(offset, RICH) for offset in offsets])
    assert outputs.count(RICH) == len(offsets)
    texts = [output["text"] for output in outputs if output["output_type"] == "stream"]
    assert "".join(texts) == log


@given(st.integers(0, 3000), st.integers(0, 3000))
def test_a_huge_log_says_once_what_is_left_out(first: int, second: int) -> None:
    log = b"x" * 3000
    with mock.patch.object(step_outputs, "LOG_LIMIT", 1000):
        outputs = interleave(log, [(first, RICH), (second, RICH)])
    texts = [output["text"] for output in outputs if output["output_type"] == "stream"]
    assert sum(text.count("left out") for text in texts) == 1
    assert sum(text.count("x") for text in texts) == 1000
