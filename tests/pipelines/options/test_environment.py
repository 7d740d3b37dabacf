"""What the options of a step's own environment may be, and what they exclude."""

from __future__ import annotations

import pytest

from jupyter_pipes.model.errors import UsageError
from jupyter_pipes.model.steps import Step, StepOptions
from jupyter_pipes.model.version import RUNNING
from jupyter_pipes.pipelines.options.environment import environment_problems
from jupyter_pipes.pipelines.step_options import from_keywords, parse_step
from jupyter_pipes.storage.locks import divided

SAME_PACKAGES = (
    '--packages "numpy==1.26 torch"',
    "--packages torch numpy==1.26",
    '--packages "torch numpy == 1.26" numpy==1.26',
    '--packages torch --packages "numpy ==1.26"',
)


@pytest.mark.parametrize("line", SAME_PACKAGES)
def test_packages_are_a_set_of_requirements_however_they_are_written(line: str) -> None:
    if " == 1.26" in line:
        with pytest.raises(UsageError, match="no requirement"):
            parse_step(f"a {line}")
    else:
        assert parse_step(f"a {line}").options.packages == ("numpy==1.26", "torch")


def test_a_requirement_by_itself_may_have_spaces() -> None:
    packages = ["numpy >= 2", "x @ https://example.org/x.whl", 'y[all]<3; sys_platform == "linux"']
    assert len(from_keywords(packages=packages).packages) == 3


REFUSED = [
    ("packages", "./folder", "no requirement"),
    ("packages", "numpy==", "no requirement"),
    ("packages", 3, "requirements"),
    ("python", "3.10", "3.11 or newer"),
    ("python", "latest", "3.12"),
    ("python", "2.7", "3.12"),
    ("env", " ", "virtual environment"),
    ("env_var", "1A=x", "NAME=VALUE"),
    ("env_var", "A-B=x", "NAME=VALUE"),
    ("env_var", ["A=1", "A"], "said twice"),
    ("env_var", "JUPYTER_PIPES_CONTROLLER=1", "NAME=VALUE"),
    ("repo", "https://github.com/a/b", "URL@REV"),
    ("repo", "git@github.com:a/b.git", "URL@REV"),
    ("repo", "ssh://git@host/a/b", "URL@REV"),
    ("repo", "--upload-pack=evil@main", "URL@REV"),
    ("repo", "https://example.org/a@-evil", "URL@REV"),
    ("repo", "https://me:secret@example.org/a@main", "password"),
    ("container", "--privileged", "image"),
    ("container", "an image", "image"),
]


@pytest.mark.parametrize(("option", "value", "words"), REFUSED)
def test_what_no_environment_can_be_is_refused_in_words(option: str, value: object, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        from_keywords(**{option: value})


def test_variables_may_be_a_dict_and_their_values_anything() -> None:
    written = parse_step("a --env-var 'MESSAGE=a = b' EMPTY= TOKEN").options.variables
    assert written == ("MESSAGE=a = b", "EMPTY=", "TOKEN")
    assert from_keywords(env_var={"MESSAGE": "a = b", "N": 3}).variables == ("MESSAGE=a = b", "N=3")


@pytest.mark.parametrize(
    ("text", "url", "revision"),
    [
        ("https://github.com/a/b@v1", "https://github.com/a/b", "v1"),
        ("https://me@example.org/a/b@feature/x", "https://me@example.org/a/b", "feature/x"),
        ("git@github.com:a/b.git@main", "git@github.com:a/b.git", "main"),
        ("ssh://git@host/a/b@0123", "ssh://git@host/a/b", "0123"),
        ("/data/repository@main", "/data/repository", "main"),
        ("git@github.com:a/b.git", "git@github.com:a/b.git", ""),
    ],
)
def test_a_revision_stands_behind_the_last_at_sign_of_the_path(text: str, url: str, revision: str) -> None:
    assert divided(text) == (url, revision)


def problems(**options: object) -> list[str]:
    return [
        each.code for each in environment_problems([Step("a", 0, "", "", options=from_keywords(**options))])
    ]


def test_a_whole_environment_excludes_what_says_parts_of_one() -> None:
    assert problems(env=".venv", packages="numpy") == ["JP036"]
    assert problems(container="python", env=".venv") == ["JP036"]
    assert problems(container="python", env_var="A=1", repo="https://x.org/a@main") == []
    assert problems(packages="numpy", python=RUNNING) == []


def test_another_python_than_the_run_s_is_warned_of() -> None:
    assert problems(python="3.99") == ["JP035"]
    assert problems(python=f"{RUNNING}.1") == []
    assert StepOptions().python == ""
