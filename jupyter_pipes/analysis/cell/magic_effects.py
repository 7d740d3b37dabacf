"""What a magic or a shell line does with names: code that it runs, text that it fills in, what it binds."""

from __future__ import annotations

import ast
import re
from string import Formatter

from msgspec import Struct

from jupyter_pipes.analysis.foreign_magics import EXTENSION_MAGICS, foreign_names
from jupyter_pipes.analysis.syntax import expression_alone
from jupyter_pipes.system.patterns import pattern


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


TEXT_CELL_MAGICS = _words("""
    ! bash sh cmd script sx system python python2 python3 pypy perl ruby html HTML javascript js latex
    markdown svg SVG writefile file
""")
"""Cell magics whose body is no Python of this notebook."""

CODE_CELL_MAGICS = _words("step setup params time capture prun memit snakeviz pyinstrument debug heat")
"""Cell magics that run their body in the notebook's namespace."""

SCRATCH_MAGICS = frozenset({"timeit"})
"""Magics that run Python in a scope of its own: it reads names, and what it binds does not last."""

CODE_LINE_MAGICS = _words("time prun memit lprun mprun snakeviz pyinstrument debug")
"""Line magics whose argument is Python that runs in the notebook's namespace."""

LOOKING_MAGICS = _words("pinfo pinfo2 pdoc pdef psource pfile pprint page store whos who")
"""Line magics whose arguments are names that they show."""

HARMLESS_LINE_MAGICS = _words("""
    aimport alias alias_magic autoawait autocall automagic autoreload autosave bookmark cat cd clear
    colors conda config connect_info cp dhist dirs doctest_mode env gui hist history killbgscripts ldir
    less lf lk ll load_ext ls lsmagic lx magic mamba man matplotlib micromamba mkdir more mv notebook
    pastebin pdb pip pipeline popd precision psearch pushd pwd pycat qtconsole quickref rehashx
    reload_ext rm rmdir save set_env sx system tb unalias unload_ext uv watermark who_ls xmode logon
    logoff logstart logstop logstate
""")
"""Line magics that bind no names."""

LINE_MAGICS = CODE_LINE_MAGICS | SCRATCH_MAGICS | LOOKING_MAGICS | HARMLESS_LINE_MAGICS
"""Every line magic that the analysis understands."""

_DOLLAR = pattern(r"\$(\$?[\w.]+)(?=(?:[^']*'[^']*')*[^']*$)")
_SHELL_VARIABLE = pattern(r"\bfor\s+(\w+)\b|\b(\w+)=|\bread\s+(\w+)")
_SCRIPT_VARIABLE = pattern(r"(?<!\\)\$(?:([^\W\d]\w*)|\{[#!]?([^\W\d]\w*))")
_ASSIGNMENT = pattern(
    r"""(?:^|(?<=[\s;&|(]))(?:
        ([^\W\d]\w*)\+?=(?:"[^"]*"|'[^']*'|\S*)
        |for\s+([^\W\d]\w*)\b
        |read\s+(?:-\w+\s+)*([^\W\d]\w*)\b
    )""",
    re.VERBOSE,
)
_OPTION = pattern(r"\s*-(?:(?P<flag>[A-Za-z])(?P<glued>\S*)|-\S+)\s*")
_FLAGS = {"timeit": "tcqov", "prun": "rq", "memit": "co", "lprun": "rszp", "mprun": "c"}
_WITH_VALUE = {"timeit": "nrp", "prun": "lsTD", "memit": "rti", "lprun": "fmuTD", "mprun": "fT", "debug": "b"}
_WORDS = pattern(r"(?<![\w.-])[^\W\d]\w*")
_OUTPUT_OPTION = pattern(r"--(?:out|err|proc)[ =](\w+)")


class Interpolation(Struct, frozen=True):
    """Python that IPython evaluates inside a command line; `optional` where the shell may know the name."""

    code: str
    optional: bool


class Effect(Struct, frozen=True):
    """What a magic does with names.

    Attributes:
        interpolations: expressions filled into its command line.
        code: Python that it runs in the notebook's namespace.
        scratch: whether what that code binds does not last.
        shows: expressions that it only looks at.
        binds: names that it binds afterwards.
        opaque: why its doing cannot be seen, "" if it can.
        is_extension: whether it is there only behind `%load_ext`, or some other registration.
    """

    interpolations: tuple[Interpolation, ...] = ()
    code: str = ""
    scratch: bool = False
    shows: tuple[str, ...] = ()
    binds: tuple[str, ...] = ()
    opaque: str = ""
    is_extension: bool = False


def shell_effect(command: str) -> Effect:
    """Return what `!command` does."""
    return Effect(interpolations=interpolations(command))


def line_effect(name: str, argument: str) -> Effect:
    """Return what `%name argument` does."""
    filled = interpolations(argument)
    foreign = foreign_names(name, argument)
    if foreign is not None:
        return Effect(filled, shows=foreign.reads, binds=foreign.binds, is_extension=True)
    if name in SCRATCH_MAGICS:
        return Effect(filled, code=_without_options(name, argument), scratch=True)
    if name in CODE_LINE_MAGICS:
        code = _without_options(name, argument)
        return Effect(filled, code=code, is_extension=name in EXTENSION_MAGICS)
    if name == "store" and argument.startswith("-r"):
        return Effect(filled, opaque="%store -r binds names that are not in the cell")
    if name in LOOKING_MAGICS:
        return Effect(filled, shows=tuple(argument.strip("?").split()))
    if name in HARMLESS_LINE_MAGICS:
        return Effect(filled, is_extension=name in EXTENSION_MAGICS)
    why = f"%{name} may read and bind names that are not in the cell"
    return Effect(filled, opaque=why, is_extension=True)


def cell_effect(name: str, argument: str, body: str = "") -> Effect:
    """Return what the line `%%name argument` does with this body, apart from running it as Python."""
    foreign = foreign_names(name, argument, body)
    if foreign is not None:
        return Effect(shows=foreign.reads, binds=foreign.binds, is_extension=True)
    filled = interpolations(argument)
    if name == "step" and "--bash" in argument.split():
        return Effect(tuple(Interpolation(each, optional=True) for each in script_names(body)))
    if name in ("step", "setup", "params"):
        return Effect()
    if name == "capture":
        names = [word for word in argument.split() if not word.startswith("-")]
        return Effect(filled, binds=tuple(names[:1]))
    if name in SCRATCH_MAGICS:
        return Effect(filled, code=_without_options(name, argument), scratch=True)
    if name in TEXT_CELL_MAGICS:
        return Effect(filled, binds=tuple(_OUTPUT_OPTION.findall(argument)))
    if name in CODE_CELL_MAGICS:
        return Effect(filled, is_extension=name in EXTENSION_MAGICS)
    why = f"%%{name} may read and bind names that are not in the cell"
    shows = tuple(dict.fromkeys(word for word in _WORDS.findall(argument) if word.isidentifier()))
    return Effect(filled, shows=shows, opaque=why, is_extension=True)


def interpolations(text: str) -> tuple[Interpolation, ...]:
    """Return the expressions that IPython fills into a command line (`{x}`, `$x`).

    IPython fills in all or nothing: braces that are no Python (`awk '{print $1}'`) leave the text as it is.
    """
    expressions: list[Interpolation] = []
    shell_names = {name for match in _SHELL_VARIABLE.finditer(text) for name in match.groups() if name}
    try:
        for literal, braced, _, _ in Formatter().parse(text):
            for dollar in _DOLLAR.findall(literal):
                if not dollar.startswith("$") and not dollar[0].isdigit():
                    code = dollar.rstrip(".")
                    expressions.append(Interpolation(code, code in shell_names or code.isupper()))
            if braced is not None:
                is_tuple = isinstance(expression_alone(braced.strip()).body, ast.Tuple)
                # `{a,b}` is the shell's, unless both happen to be names.
                expressions.append(Interpolation(braced.strip(), is_tuple))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ()
    return tuple(expressions)


def script_names(script: str) -> tuple[str, ...]:
    """Return the variables that a shell script uses before it sets them itself (`$x`, `${x}`), each once."""
    set_at: dict[str, int] = {}
    for match in _ASSIGNMENT.finditer(script):
        set_at.setdefault(match[1] or match[2] or match[3], match.end())
    uses = ((match[1] or match[2], match.start()) for match in _SCRIPT_VARIABLE.finditer(script))
    return tuple(dict.fromkeys(name for name, place in uses if place < set_at.get(name, place + 1)))


def _without_options(name: str, argument: str) -> str:
    with_value = _WITH_VALUE.get(name, "")
    while match := _OPTION.match(argument):
        flag = match["flag"]
        if flag and flag not in with_value + _FLAGS.get(name, ""):
            break
        argument = argument[match.end() :]
        if flag and flag in with_value and not match["glued"]:
            argument = argument.partition(" ")[2]
    return argument.strip()
