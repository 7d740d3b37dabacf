"""What code imports, directly or by parts of modules."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_pipes.analysis.local_modules import parts_imported


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("from scipy import stats", ("scipy:stats",)),
        ("from sklearn import linear_model as lm, tree", ("sklearn:linear_model", "sklearn:tree")),
        ("def f():\n    from a.b import c", ("a.b:c",)),
        ("try:\n    from a import b\nexcept ImportError:\n    b = None", ("a:b",)),
        ("%matplotlib inline\nfrom a import b", ("a:b",)),
        ("from a import *", ()),
        ("import scipy.stats as stats", ()),
        ("from mine import helper", ()),
        ("from mine.part import helper", ()),
    ],
)
def test_each_name_may_be_a_submodule(tmp_path: Path, source: str, expected: tuple[str, ...]) -> None:
    (tmp_path / "mine.py").touch()
    assert parts_imported([source], [tmp_path]) == expected
