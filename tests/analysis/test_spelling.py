"""Which word was meant: another number or case of it goes before what looks alike."""

from __future__ import annotations

import pytest

from jupyter_pipes.analysis.spelling import nearest


@pytest.mark.parametrize(
    ("word", "words", "meant"),
    [
        ("--retry", ("--retry-on", "--retry-delay", "--retries"), "--retries"),
        ("--file", ("--file", "--out-file"), "--out-file"),
        ("tabel", ("label", "table", "x"), "table"),
        ("DF", ("df", "dfs"), "df"),
        ("rum", ("run", "runs"), "run"),
        ("zebra", ("run", "plan"), None),
        ("x", (), None),
    ],
)
def test_the_word_that_is_meant(word: str, words: tuple[str, ...], meant: str | None) -> None:
    assert nearest(word, words) == meant
