"""Names of steps: which there may be."""

from __future__ import annotations

import unicodedata

from jupyter_pipes.model.errors import UsageError
from jupyter_pipes.model.steps import PARAMS_OWNER

LONGEST_NAME = 100
NAME_RULE = (
    f"a step's name is made of letters, digits, `_`, `-` and `.`, without spaces, at most {LONGEST_NAME} of "
    f"them, and is not `{PARAMS_OWNER}`"
)


def check_name(name: str) -> str:
    """Return a step's name in its canonical Unicode form.

    Raises:
        UsageError: it is empty, a path, too long or reserved, or has characters that a name may not have.
    """
    canonical = unicodedata.normalize("NFC", name)
    wrong = next((char for char in canonical if not _may_be_in_name(char)), None)
    if wrong is not None:
        problem = f"the step name {name!r} has the character {wrong!r}"
    elif canonical in ("", ".", ".."):
        problem = f"{name!r} is no name for a step"
    elif len(canonical) > LONGEST_NAME:
        problem = f"the step name {f'{canonical[:20]}…'!r} has {len(canonical)} characters"
    elif canonical == PARAMS_OWNER:
        problem = f"the step name {name!r} is reserved: what a step reads from it are the parameters"
    else:
        return canonical
    raise UsageError(f"{problem}; {NAME_RULE}", line=1)


def _may_be_in_name(char: str) -> bool:
    # Marks are parts of letters in many scripts (Devanagari, Thai, …).
    return char in "_-." or unicodedata.category(char)[0] in "LMN"
