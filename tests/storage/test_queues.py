"""Queues as settings name them: what does not fit is said, with file and queue."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_pipes.model.errors import ConfigurationError
from jupyter_pipes.storage.queues import Tls
from jupyter_pipes.storage.settings import load

FILES = 'tls = { ca_file = "ca.pem", cert = "/keys/me.pem", key = "~/me.key" }'


def test_files_of_tls_count_from_the_folder_of_the_settings(tmp_path: Path) -> None:
    (tmp_path / "pipes.toml").write_text(f'[queues.far]\nscheduler = "tls://h:1"\n{FILES}')
    (tmp_path / "below").mkdir()
    queue = load(tmp_path / "below").queues["far"]
    assert queue.tls == Tls(str(tmp_path / "ca.pem"), "/keys/me.pem", str(Path.home() / "me.key"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f'scheduler = "tcp://h:1"\n{FILES}', 'needs scheduler = "tls://'),
        (f'cluster = "a.Cluster"\n{FILES}', 'needs scheduler = "tls://'),
        ('scheduler = "tls://h:1"\ntls = { ca_file = "ca.pem" }', "missing required field `cert`"),
        ('scheduler = "tls://h:1"\ntls = { ca = "ca.pem" }', "unknown field `ca`"),
        ("", "needs one of scheduler"),
    ],
)
def test_what_does_not_fit_is_said(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "pipes.toml").write_text(f"[queues.far]\n{text}")
    with pytest.raises(ConfigurationError, match=f"queue far.*{said}"):
        load(tmp_path)
