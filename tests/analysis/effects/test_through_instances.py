"""What code may change of classes through their instances."""

from __future__ import annotations

import ast

import pytest

from jupyter_pipes.analysis.effects.through_instances import ANY_CLASS, handled_parts, shared_containers


@pytest.mark.parametrize(
    "source",
    [
        "type(items[0]).n += 1",
        "x.__class__.total = 5",
        "del type(x).n",
        "type(x).__mro__[1].n = 1",
        "K = type(x)",
        "setattr(type(x), 'n', 1)",
        "patch(x.__class__, n=1)",
        "type(x).registry.append(y)",
        "type(x).create()",
        "for each in xs:\n    type(each).n += 1",
        "def f(self):\n    cls = self.__class__\n    cls.n = 1",
        "heappush(type(x).heap, 1)",
        "classes = [type(x), type(y)]",
    ],
)
def test_whoever_changes_the_class_of_an_object_or_hands_it_on_may_change_any_class(source: str) -> None:
    assert ANY_CLASS in handled_parts(ast.parse(source))


@pytest.mark.parametrize(
    "source",
    [
        "type(x).__name__",
        "name = type(x).__name__.lower()",
        "print(type(x), x.__class__)",
        "type(x) is int",
        "assert x.__class__ == y.__class__",
        "f'{type(x)}'",
        "counts[type(x)] += 1",
        "n = type(x).n + 1",
        "Meta = type('Meta', (), {})",
        "type(x)(1)",
    ],
)
def test_whoever_only_looks_at_the_class_of_an_object_changes_none(source: str) -> None:
    assert ANY_CLASS not in handled_parts(ast.parse(source))


@pytest.mark.parametrize(
    "source",
    [
        "t.members.append(1)",
        "t.members += [1]",
        "t.members['a'] = 1",
        "del t.members[0]",
        "shuffle(t.members)",
        "members = t.members",
        "def f(team):\n    team.members.append(1)",
    ],
)
def test_whoever_changes_an_attribute_or_hands_it_on_may_change_what_instances_share(source: str) -> None:
    assert "members" in handled_parts(ast.parse(source))


@pytest.mark.parametrize(
    "source", ["len(t.members)", "t.members = []", "n = t.members[0] + 1", "sorted(t.members)", "t.members"]
)
def test_whoever_looks_at_an_attribute_or_binds_it_changes_nothing_shared(source: str) -> None:
    assert "members" not in handled_parts(ast.parse(source))


@pytest.mark.parametrize(
    "source", ["K = Model", "patch(Model, 'n', 1)", "@method_of(Model)\ndef f(self): ...", "[Model, Other]"]
)
def test_whoever_gives_a_class_another_name_may_change_it(source: str) -> None:
    assert "Model" in handled_parts(ast.parse(source))


@pytest.mark.parametrize(
    "source", ["m = Model(1)", "isinstance(m, Model)", "n = Model.n + 1", "class A(Model): ..."]
)
def test_whoever_makes_instances_of_a_class_hands_on_no_class(source: str) -> None:
    assert "Model" not in handled_parts(ast.parse(source))


@pytest.mark.parametrize(
    ("body", "shared"),
    [
        ("members = []", {"members"}),
        ("members: ClassVar[list] = []", {"members"}),
        ("table = dict()\n    n = 0", {"table"}),
        ("members = []\n    def __init__(self):\n        self.members = []", set[str]()),
        ("members: list = field(default_factory=list)", set[str]()),
        ("n: int\n    def grow(self):\n        self.n = 1", set[str]()),
    ],
)
def test_instances_share_the_containers_of_their_class_that_they_do_not_bind(
    body: str, shared: set[str]
) -> None:
    assert shared_containers(ast.parse(f"class A:\n    {body}").body[0]) == shared
