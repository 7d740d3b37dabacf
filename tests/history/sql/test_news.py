"""Nobody asks a history in vain that nobody wrote to, and no news is missed."""

from __future__ import annotations

from pathlib import Path

from jupyter_pipes.history.history import History
from jupyter_pipes.history.sql.news import News


def _looks(news: News, times: int = 4) -> list[bool]:
    return [news.may_have_come() for _ in range(times)]


def test_what_another_connection_writes_is_news_for_two_looks(tmp_path: Path) -> None:
    here, there = (History(f"sqlite:///{tmp_path}/history.db") for _ in range(2))
    news = here.news()
    _looks(news)
    assert not news.may_have_come()
    there.keep_attachments({"0" * 64: b"written"})
    # Twice: what is written in the same tick of the clock as the first look may leave no other trace.
    assert _looks(news) == [True, True, False, False]
    news.were_missed()
    assert news.may_have_come()
    here.close()
    there.close()


def test_of_a_database_without_files_that_can_be_seen_there_may_always_be_news() -> None:
    assert _looks(News("postgresql://host/name")) == [True] * 4
