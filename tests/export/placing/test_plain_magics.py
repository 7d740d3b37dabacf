"""What magics and shell lines become in a module that needs no IPython, and which are refused in words."""

from __future__ import annotations

import pytest
from IPython.core.inputtransformer2 import TransformerManager

from jupyter_pipes.export.placing.plain_magics import plain
from jupyter_pipes.model.errors import NotebookError


def plain_of(cell: str) -> str:
    return plain(TransformerManager().transform_cell(cell).rstrip("\n"), "cell 2, line 1")


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("!echo {a} $b $HOME", "subprocess.run(f'echo {a} {b} $HOME', shell=True, check=False)"),
        ("!awk '{print $1}' x", "subprocess.run(\"awk '{print $1}' x\", shell=True, check=False)"),
        ("x = 1", "x = 1"),
        ("%cd data", "os.chdir(os.path.expanduser('data'))"),
        ("%env A=1", "os.environ['A'] = '1'"),
        ("home = %env HOME", "home = os.environ['HOME']"),
        ("here = %pwd", "here = os.getcwd()"),
        ("%matplotlib inline", ""),
        ("%load_ext myext", ""),
        ("%pip install x", ""),
        ("%ls -l", "subprocess.run('ls -l', shell=True, check=False)"),
        (
            "%timeit -n10 -r2 f(x)",
            'print(f"{min(timeit.repeat(lambda: f(x), number=10, repeat=2)) / 10:.3g} s per loop")',
        ),
        ("%%bash\nls\n", "subprocess.run(['bash', '-c', 'ls\\n'], check=True)"),
        ("%%writefile x.txt\nhi\n", "pathlib.Path('x.txt').write_text('hi\\n')"),
        ("%%html\n<b>x</b>\n", ""),
        ("for a in b:\n    %matplotlib inline", "for a in b:\n    pass"),
        ("def f():\n    %cd x", "def f():\n    os.chdir(os.path.expanduser('x'))"),
    ],
)
def test_magics_become_plain_python(cell: str, code: str) -> None:
    assert plain_of(cell) == code


@pytest.mark.slow
def test_the_output_of_a_command_is_a_list_of_lines() -> None:
    namespace: dict[str, object] = {"word": "hi"}
    exec("import subprocess\n" + plain_of("lines = !echo {word}; echo there"), namespace)
    assert namespace["lines"] == ["hi", "there"]


@pytest.mark.parametrize(
    ("cell", "what"),
    [
        ("%sql SELECT 1", "%sql"),
        ("%%R\nx <- 1\n", "%%R"),
        ("%run other.py", "%run"),
        ("result = %timeit -o f()", "%timeit"),
        ("%%bash --out x\nls\n", "%%bash"),
    ],
)
def test_what_has_no_plain_form_is_refused_with_its_place(cell: str, what: str) -> None:
    with pytest.raises(NotebookError, match=rf"cell 2, line 1: {what}"):
        plain_of(cell)
