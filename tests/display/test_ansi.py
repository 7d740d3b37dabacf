"""Rules of terminal text: what a terminal shows in the end, the same wherever it is shown."""

from __future__ import annotations

import io
import re
import time
from html import unescape

import nbformat
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tqdm import tqdm

from jupyter_pipes import Pipeline
from jupyter_pipes.cli.main import main
from jupyter_pipes.display import cards
from jupyter_pipes.display.ansi import HEIGHT, ansi_html, one_line, plain, terminal_text
from jupyter_pipes.display.html import error_html, log_html
from jupyter_pipes.display.steps.details import StepFacts, step_sections
from jupyter_pipes.display.text import run_text
from jupyter_pipes.export.step_outputs import interleave
from jupyter_pipes.model import events as ev
from jupyter_pipes.model.fold import fold
from jupyter_pipes.model.results import StepError
from jupyter_pipes.model.steps import Status
from jupyter_pipes.runs.run import Run

RED, OFF = "\x1b[31m", "\x1b[0m"

SHOWN = {
    "plain text\n  stays\tas it is\n": "plain text\n  stays\tas it is\n",
    "é ẽ 日本 👩‍💻 ▓▒░\n": "é ẽ 日本 👩‍💻 ▓▒░\n",
    # Carriage returns overwrite character by character; at a line's end they say nothing.
    "10%\r20%\r100%\n": "100%\n",
    "downloading 100%\rok": "okwnloading 100%",
    "abc\rx\n": "xbc\n",
    "a\r\nb\r\n": "a\nb\n",
    "line\r": "line",
    "long line\r         \rok\n": "ok\n",
    "\r\r\rx": "x",
    # A backspace goes back, and what comes then overwrites.
    "12%\b\b\b34%": "34%",
    "ab\b\b\b\bx": "xb",
    "spinning |\b/\b-\b\\\bdone": "spinning done",
    # The rest of a line, or all of it, is erased.
    "50%|##\r\x1b[Kdone": "done",
    "half\rx\x1b[0K": "x",
    "gone\x1b[2K\rnew": "new",
    # The cursor moves.
    "one\ntwo\x1b[A\rONE\n": "ONE\ntwo",
    "one\ntwo\nthree\x1b[2A\x1b[1Gfirst\x1b[2B last": "first\ntwo\nthree last",
    "abc\x1b[2DX": "aXc",
    "a\x1b[3Cb": "a   b",
    "abcdef\x1b[3GX": "abXdef",
    "top\x1b[9A\rTOP": "TOP",
    # Columns, not characters: wide ones take two, marks none.
    "日本\rab": "ab本",
    "日本\rx": "x 本",
    "ab日\b\bc": "abc",
    "ab日\bc": "ab c",
    "e\u0301a\rx": "xa",
    # Other escapes and controls show nothing.
    "\x1b[2J\x1b[Hhello\x1b]0;title\x07": "hello",
    "\x1b]8;;https://x.org\x1b\\link\x1b]8;;\x1b\\": "link",
    "\x1b[?25lhidden cursor\x1b[?25h\x1b(B\x1b=\x1bM": "hidden cursor",
    "\x1b]never ends\nnext": "\nnext",
    "bell\x07 nul\x00 del\x7f c1\x9b0m": "bell nul del c10m",
    "page\x0cnext\x0bthird": "page\nnext\nthird",
    "ends in the middle \x1b[3": "ends in the middle 3",
    "\x1b": "",
    "": "",
}

COLOURED = {
    f"{RED}red{OFF} plain": f"{RED}red{OFF} plain",
    # Overwritten text takes the colours that hold when it is written, what stays keeps its own.
    f"{RED}abc{OFF}\rX": f"X{RED}bc{OFF}",
    f"abc\r{RED}X": f"{RED}X{OFF}bc",
    f"{RED}two\nlines{OFF}\r\n": f"{RED}two\nlines{OFF}\n",
    f"{RED}two\nrows\rR{OFF}!": f"{RED}two{OFF}\n{RED}R{OFF}!{RED}ws{OFF}",
    "\x1b[1;31mx\x1b[22my\x1b[39mz\r": "\x1b[1;31mx\x1b[0m\x1b[31my\x1b[0mz",
    "\x1b[01;38;5;208mx\x1b[48;2;1;2;3my\x1b[mz\r": (
        "\x1b[01;38;5;208mx\x1b[0m\x1b[01;38;5;208;48;2;1;2;3my\x1b[0mz"
    ),
}


@pytest.mark.parametrize(("written", "shown"), SHOWN.items())
def test_text_is_what_a_terminal_shows_in_the_end(written: str, shown: str) -> None:
    assert plain(written) == terminal_text(written) == shown


@pytest.mark.parametrize(("written", "shown"), COLOURED.items())
def test_colours_stay(written: str, shown: str) -> None:
    assert terminal_text(written) == shown
    assert "\x1b" not in plain(written)


def test_bars_of_tqdm_end_as_the_last_that_they_showed() -> None:
    screen = io.StringIO()
    for outer in tqdm(range(2), file=screen, ascii=False, desc="outer", mininterval=0, ncols=60):
        for _ in tqdm(range(3), file=screen, desc="inner", position=1, leave=False, mininterval=0, ncols=60):
            tqdm.write(f"line {outer}", file=screen)
    lines = [re.sub(r"\[.*", "", line).rstrip() for line in plain(screen.getvalue()).splitlines()]
    assert [line for line in lines if line] == [*["line 0"] * 3, *["line 1"] * 3, lines[-1] or lines[-2]]
    assert (lines[-1] or lines[-2]).startswith("outer: 100%|█")


def test_text_far_above_cannot_be_changed_any_more() -> None:
    rows = "row\n" * (HEIGHT + 5)
    assert plain(f"first\n{rows}\x1b[999A\rX").count("Xow") == 1
    assert plain(f"first\n{rows}\x1b[999A\rX").startswith("first\n")


@pytest.mark.parametrize(
    "text",
    [
        "".join(f"\r{number}%|{'█' * (number % 60):60}|" for number in range(8_000)),
        "x" * 300_000 + "\x1b[2Ky" * 60_000,
        "x" * 300_000 + "\by" * 100_000,
        "\r" + "".join(f"\x1b[{code}m" for code in range(100_000)) + "x",
        "\r\x1b[" + "1;" * 300_000 + "mx",
        "\r" + "e" + "\u0301" * 300_000,
        "\r" + "\x1b]" * 200_000,
        "\r" + "\x1b[" * 300_000,
        "\r\x1b[" + "9" * 300_000,
        "x\x1b[999A\n" * 60_000,
    ],
    ids=lambda text: repr(text[:12] + text[-6:]),
)
def test_no_text_takes_more_than_its_length_in_time(text: str) -> None:
    """Half a megabyte takes less than a second; a way that is quadratic would take minutes."""
    before = time.process_time()
    terminal_text(text)
    assert time.process_time() - before < 5


@given(st.text(st.sampled_from("ab日\u0301\n\r\b\t\x1b[]0123456789;?KmABCDG\x07\x00\x9b")))
@example("\x1b[38;2;300;1m")
def test_of_escapes_only_colours_are_left_and_what_is_shown_shows_the_same_again(text: str) -> None:
    shown = terminal_text(text)
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", plain(shown))
    assert plain(shown) == plain(text)
    assert terminal_text(shown) == shown
    assert log_html(text).count("<pre") <= 1


@given(st.text())
def test_no_log_text_becomes_markup(text: str) -> None:
    html = re.sub(r"<style>.*?</style>", "", ansi_html(terminal_text(f"<b>{text}")))
    assert set(re.findall(r"<(?!/?span)", html)) == set()


@pytest.mark.parametrize(
    ("codes", "rule"),
    [
        ("38;5;208", "<style>.ansi38-208{color: #"),
        ("48;5;208", "<style>.ansi48-208{background: #"),
        ("38;2;255;128;0", "<style>.ansi38-255128000{color: rgb(255,128,000)}.jupyter-pipes "),
        ("48;2;255;128;0", "<style>.ansi48-255128000{background-color: rgb(255,128,000)}"),
        ("38;5;999", "<style>.ansi38-999{}"),
        ("38;2;1", ""),
        ("38:2::1:2:3", ""),
        ("4:3", ""),
    ],
)
def test_extended_colours_bring_their_rules_with_them(codes: str, rule: str) -> None:
    html = ansi_html(f"\x1b[{codes}mtext\x1b[0m")
    assert html.startswith(rule)
    assert "text" in html


def test_one_line_has_no_breaks_and_no_colours() -> None:
    assert one_line(f"{RED}a\n  b{OFF}\r\n\tc") == "a b c"


# --- everywhere the same -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A kept run of one step, whose log the tests write."""
    folder = tmp_path_factory.mktemp("project")
    cell = nbformat.v4.new_code_cell("%%step load\nprint('x')")
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), folder / "study.ipynb")
    return Pipeline.load(folder / "study.ipynb").run()


@pytest.mark.slow
@pytest.mark.parametrize("written", [text for text in (*SHOWN, *COLOURED) if plain(text).strip()])
def test_a_log_shows_the_same_everywhere(
    written: str, run: Run, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """In a card, in the details, in the executed notebook, and behind `jupyter pipes logs`."""
    path = run.log_path("load")
    assert path is not None
    path.write_bytes(written.encode())
    monkeypatch.chdir(run.view.directory)
    assert main(["logs", run.id, "load"]) == 0
    printed = capfd.readouterr().out.rstrip("\n")
    card = cards.step_card(run.view, "load", [], run.logs("load"))
    assert printed in plain(card["text/plain"])
    assert text_of(card["text/html"]) == printed
    sections = step_sections(run.view, run.step("load"), StepFacts(run.logs("load")), lambda _: "", 0.0)
    assert text_of(sections["log"]) == printed
    (output,) = interleave(path.read_bytes(), [])
    assert plain(output["text"]).rstrip("\n") == printed


@pytest.mark.parametrize("written", [text for text in (*SHOWN, *COLOURED) if "\n" in plain(text).strip()])
def test_a_traceback_shows_the_same_everywhere(written: str) -> None:
    """In a card and the details, in the executed notebook, and behind `jupyter pipes show`."""
    error = StepError("ValueError", "no", written.lstrip("\n"), 1)
    facts = (
        ev.RunStarted("study", "1.0.0", (ev.PlannedStep("load"),)),
        ev.AttemptStarted("load", 1, 1, "host"),
        ev.AttemptEnded("load", 1, "failed", "ValueError: no", error),
        ev.StepEnded("load", Status.FAILED, "ValueError: no"),
    )
    view = fold("r1", [ev.Record("r1", seq, 100.0 + seq, fact) for seq, fact in enumerate(facts)])
    shown = plain(error.traceback).rstrip("\n")
    assert "".join(f"    {line}\n" for line in shown.splitlines()) in run_text(view, colour=False)
    assert text_of(error_html(error)) == shown
    (output,) = interleave(b"", [], error)
    assert plain("\n".join(output["traceback"])) == shown


def text_of(html: str) -> str:
    """Return the text of the log in a piece of HTML."""
    log = re.search(r'<pre class="log"><div>(.*?)</div></pre>', html, re.DOTALL)
    assert log is not None
    return unescape(re.sub(r"<style>.*?</style>|<[^>]*>", "", log[1]))


def test_a_log_without_anything_to_see_takes_no_room() -> None:
    assert log_html("\r100%\r    \r\n") == ""
