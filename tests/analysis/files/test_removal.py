"""What is removed where only a value tells the path: not before all that may use it."""

from __future__ import annotations

import pytest

from jupyter_pipes.analysis.files.removal import Removal, removals
from jupyter_pipes.model.steps import PARAMS_OWNER, CodePiece, Step

HELPERS = CodePiece(
    "cell 1",
    1,
    """\
def clean(where, quiet=True):
    shutil.rmtree(where, ignore_errors=quiet)
def tidy(place):
    path = Path(place)
    clean(path)
def shown(place):
    return place
""",
)
REMOVING = [
    "shutil.rmtree(folder)",
    "rmtree(folder)",
    "os.remove(os.path.join(folder, 'x'))",
    "Path(folder).rmdir()",
    "(folder / 'x').unlink()",
    "for p in folder.iterdir():\n    p.unlink()",
    "[p.unlink() for p in folder.glob('*')]",
    "path = Path(folder)\nold = path / 'x'\nold.unlink()",
    "shutil.move(folder, 'elsewhere')",
    "tidy(place=folder)",
    "!rm -r {folder}",
]


def removed(body: str, owner: str = "make") -> list[Removal]:
    reads = {"folder": owner}
    steps = [
        Step("make", 0, "folder = mkdtemp()", "cell 2", writes=("folder", "path")),
        Step("read", 1, "text = open(path).read()", "cell 3", reads={"path": "make"}),
        Step("count", 2, "n = len(text)", "cell 4", reads={"text": "read"}),
        Step("apart", 3, "k = 1", "cell 5"),
        Step("remove", 4, body, "cell 6", reads=reads, prelude=(HELPERS,)),
        Step("behind", 5, "gone = not folder.exists()", "cell 7", reads=reads),
        Step("after", 6, "m = n", "cell 8", reads={"n": "count"}),
    ]
    return list(removals(steps))


@pytest.mark.parametrize("body", REMOVING)
def test_all_that_hangs_on_who_made_it_may_use_it_before_and_who_names_it_behind(body: str) -> None:
    assert removed(body) == [
        Removal("what folder of make names", "remove", ("read", "count", "behind")),
    ]


@pytest.mark.parametrize(
    "body",
    [
        "folder.remove(3)",
        "folder.replace('a', 'b')",
        "shown(folder)",
        "os.remove('x.txt')",
        "def later():\n    shutil.rmtree(folder)",
        "!ls {folder}",
        "x = (",
    ],
)
def test_what_removes_no_file_of_the_value_waits_for_nobody(body: str) -> None:
    assert removed(body) == []


def test_what_a_parameter_names_is_nobodys() -> None:
    assert removed("shutil.rmtree(folder)", PARAMS_OWNER) == []
