"""What packages and revisions came to is kept, and read as people may have written it."""

from __future__ import annotations

from pathlib import Path

from jupyter_pipes.model.steps import StepOptions
from jupyter_pipes.storage.locks import Locks, pins, python_in

LOCK = """\
# by uv
numpy==1.26.4  # via pandas
pandas==2.2.0 ; python_version >= "3.9"
mine @ https://example.org/mine.whl

"""


def test_a_lock_is_read_with_its_comments_and_markers_left_out() -> None:
    assert pins(LOCK) == {"numpy": "1.26.4", "pandas": "2.2.0", "mine": "@ https://example.org/mine.whl"}


def test_what_is_kept_is_what_is_read(tmp_path: Path) -> None:
    locks, options = Locks(tmp_path, tmp_path), StepOptions(packages=("numpy", "mine"))
    assert locks.packages(options) is None
    assert locks.settled(options).yet_to_find
    locks.keep_packages(options, pins(LOCK))
    assert locks.packages(options) == pins(LOCK)
    assert locks.settled(options).yet_to_find == ""


def test_each_text_of_packages_and_each_python_has_a_lock_of_its_own(tmp_path: Path) -> None:
    locks = Locks(tmp_path, tmp_path)
    every = [
        StepOptions(packages=("a",)),
        StepOptions(packages=("a", "b")),
        StepOptions(packages=("a",), python="3.99"),
    ]
    assert len({locks.file(options) for options in every}) == 3


def test_a_revision_has_the_commit_that_it_was_at_last(tmp_path: Path) -> None:
    locks, options = Locks(tmp_path, tmp_path), StepOptions(repository="https://x.org/a@main")
    assert locks.settled(options).yet_to_find
    locks.keep_commit(options.repository, "1" * 40)
    locks.keep_commit(options.repository, "2" * 40)
    settled = locks.settled(options)
    assert (settled.repository, settled.commit, settled.yet_to_find) == ("https://x.org/a", "2" * 40, "")


def test_a_secret_has_a_name_only(tmp_path: Path) -> None:
    settled = Locks(tmp_path, tmp_path).settled(StepOptions(variables=("A=b=c", "TOKEN", "EMPTY=")))
    assert (settled.variables, settled.secrets) == ({"A": "b=c", "EMPTY": ""}, ("TOKEN",))


def test_an_environment_is_found_from_the_notebook_s_folder_and_tells_its_python(tmp_path: Path) -> None:
    (tmp_path / "venv" / "lib" / "python3.99" / "site-packages").mkdir(parents=True)
    settled = Locks(tmp_path / ".pipes", tmp_path).settled(StepOptions(environment="venv"))
    assert (settled.folder, settled.minor) == (str(tmp_path / "venv"), "3.99")
    assert not settled.is_layered
    assert python_in(tmp_path) == ""
