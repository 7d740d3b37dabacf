"""Magics and shell lines -> plain Python: an exported module needs no IPython; or a refusal in words."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Set
from string import Formatter

from jupyter_pipes.analysis.cell.magic_effects import interpolations, script_names
from jupyter_pipes.analysis.files.uses import shell_script
from jupyter_pipes.model.errors import NotebookError

_MODULES = frozenset({"os", "pathlib", "subprocess", "sys", "timeit"})


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_ABOUT_THE_PROMPT = _words("""
    alias alias_magic autoawait autocall automagic autoreload aimport autosave bookmark clear colors conda
    config connect_info dhist dirs doctest_mode gui hist history killbgscripts load_ext logoff logon logstart
    logstate logstop lsmagic magic mamba man matplotlib micromamba notebook page pastebin pdb pinfo pinfo2 pip
    popd precision pushd qtconsole quickref rehashx reload_ext save store tb unalias unload_ext uv watermark
    who who_ls whos xmode
""")
_COMMANDS = _words("cat cp ldir less lf lk ll ls lx mkdir more mv rm rmdir")
_TIMEIT_OPTION = re.compile(r"\s*-(?P<flag>[nrtcpqov])\s*(?P<value>\d*)")
_SHELLS = frozenset({"bash", "sh", "script", "!", "sx", "system"})
_SHOWN = frozenset({"html", "HTML", "javascript", "js", "latex", "markdown", "svg", "SVG"})

Replacement = tuple[ast.Call, str]


def plain(code: str, place: str) -> str:
    """Return a statement with its magics and shell lines as plain Python; "" where nothing is left of it.

    Args:
        code: the statement, as IPython's transformer writes it.
        place: where it stands, for the refusal ("cell 3, line 2").

    Raises:
        NotebookError: a magic in it has no plain form.
    """
    if "get_ipython" not in code:
        return code
    tree = ast.parse(code)
    alone = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for call, method, arguments in sorted(_calls(tree), key=lambda each: -each[0].lineno):
        form = _FORMS[method](place, id(call) in alone, *arguments)
        if form == "" and len(tree.body) == 1 and isinstance(tree.body[0], ast.Expr):
            return ""
        code = _with(code, call, form or "pass")
    return code


def modules_of(code: str) -> frozenset[str]:
    """Return the modules of Python that a plain form uses."""
    names = (node.id for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Name))
    return _MODULES.intersection(names)


def script_call(body: str, known: Set[str]) -> tuple[str, frozenset[str]]:
    """Return the call that runs the script of a `--bash` step, and the names that it hands over.

    Args:
        body: the cell's text, with `%%step --bash` in place of its first line.
        known: the names that the script may have of the notebook.
    """
    script = shell_script(body)
    names = [name for name in script_names(script) if name in known]
    values = ", ".join(["**os.environ", *(f"{name!r}: str({name})" for name in names)])
    own = f", env={{{values}}}" if names else ""
    return f"subprocess.run(['bash', '-eo', 'pipefail', '-c', {script!r}], check=True{own})", frozenset(names)


def _calls(tree: ast.AST) -> Iterator[tuple[ast.Call, str, list[str]]]:
    for node in ast.walk(tree):
        match node:
            case ast.Call(
                func=ast.Attribute(value=ast.Call(func=ast.Name("get_ipython")), attr=method), args=arguments
            ) if method in _FORMS:
                yield node, method, [str(each.value) for each in arguments if isinstance(each, ast.Constant)]
            case _:
                pass


def _with(code: str, call: ast.Call, form: str) -> str:
    lines = code.split("\n")
    first, last = call.lineno - 1, (call.end_lineno or call.lineno) - 1
    before = lines[first].encode()[: call.col_offset].decode()
    behind = lines[last].encode()[call.end_col_offset :].decode()
    return "\n".join([*lines[:first], before + form + behind, *lines[last + 1 :]])


def _shell_line(place: str, alone: bool, command: str) -> str:
    text = _filled(command)
    if alone:
        return f"subprocess.run({text}, shell=True, check=False)"
    return _output(place, alone, command)


def _output(place: str, alone: bool, command: str) -> str:
    run = f"subprocess.run({_filled(command)}, shell=True, check=False, stdout=subprocess.PIPE, text=True)"
    return f"{run}.stdout.splitlines()"


def _line_magic(place: str, alone: bool, name: str, argument: str = "") -> str:
    argument = argument.strip()
    if name in _COMMANDS:
        return _shell_line(place, alone, f"{name} {argument}".strip())
    if name in ("sx", "system"):
        return _output(place, alone, argument)
    if name in ("env", "set_env"):
        return _environment(argument)
    if name == "cd" and alone:
        folder = argument.removeprefix("-q").strip().strip("'\"")
        return f"os.chdir(os.path.expanduser({_filled(folder or '~')}))"
    if name == "pwd":
        return "" if alone else "os.getcwd()"
    if name == "timeit" and alone:
        return _timed(place, argument)
    if name in _ABOUT_THE_PROMPT and alone:
        return ""
    raise _refusal(place, f"%{name}")


def _environment(argument: str) -> str:
    name, equals, value = (part.strip() for part in argument.partition("="))
    if not equals and " " in argument:
        name, _, value = argument.partition(" ")
    if value:
        return f"os.environ[{name!r}] = {_filled(value.strip())}"
    return f"os.environ[{name!r}]" if name else "dict(os.environ)"


def _timed(place: str, argument: str) -> str:
    """A few runs, however long each takes: a module is to take no longer than the notebook did."""
    values = {"n": "1", "r": "3"}
    while match := _TIMEIT_OPTION.match(argument):
        values[match["flag"]] = match["value"]
        argument = argument[match.end() :]
    try:
        ast.parse(argument.strip(), mode="eval")
    except SyntaxError as error:
        raise _refusal(place, "%timeit of a statement") from error
    runs = f"timeit.repeat(lambda: {argument.strip()}, number={values['n']}, repeat={values['r']})"
    each = f"min({runs})" if values["n"] == "1" else f"min({runs}) / {values['n']}"
    return f'print(f"{{{each}:.3g}} s per loop")'


def _cell_magic(place: str, alone: bool, name: str, argument: str, body: str = "") -> str:
    words = argument.split()
    if name in _SHOWN:
        return ""
    if name in ("writefile", "file") and words:
        path = _filled(words[-1])
        if "-a" in words[:-1]:
            return f'pathlib.Path({path}).open("a").write({body!r})'
        return f"pathlib.Path({path}).write_text({body!r})"
    if name in _SHELLS and not any(word.startswith("--") for word in words):
        program = words or ["sh" if name in ("!", "sx", "system") else name]
        return f"subprocess.run({[*program, '-c', body]!r}, check=True)"
    if name in ("python", "python3") and not words:
        return f"subprocess.run([sys.executable, '-c', {body!r}], check=True)"
    raise _refusal(place, f"%%{name}")


def _filled(command: str) -> str:
    """The command as Python's source: with the values that IPython fills in, as an f-string."""
    parts = [part.code for part in interpolations(command) if not part.optional]
    if not parts:
        return repr(command)
    texts: list[str] = []
    for literal, braced, spec, conversion in Formatter().parse(command):
        escaped = literal.replace("{", "{{").replace("}", "}}")
        for name in sorted((each for each in parts if each.isidentifier()), key=len, reverse=True):
            escaped = re.sub(rf"\$({re.escape(name)})\b", r"{\1}", escaped)
        texts.append(escaped)
        if braced is not None:
            shown = f"{braced}{f'!{conversion}' if conversion else ''}{f':{spec}' if spec else ''}"
            texts.append(f"{{{shown}}}" if braced.strip() in parts else f"{{{{{shown}}}}}")
    return ast.unparse(ast.parse(f"f{''.join(texts)!r}", mode="eval"))


def _refusal(place: str, what: str) -> NotebookError:
    return NotebookError(
        f"{place}: {what} has no form in plain Python, which an exported module is: "
        "write what it does as code, or leave the cell out of the pipeline"
    )


_FORMS: dict[str, Callable[..., str]] = {
    "system": _shell_line,
    "getoutput": _output,
    "run_line_magic": _line_magic,
    "run_cell_magic": _cell_magic,
}
