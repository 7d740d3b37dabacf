"""The team's key, and what is signed with it: that nobody without the key wrote it."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import msgspec
from msgspec import Struct

from jupyter_pipes.model.errors import ConfigurationError

SHORTEST = 16
"""Bytes of a key at least: shorter ones can be guessed."""


class Signing(Struct, frozen=True, forbid_unknown_fields=True):
    """Where the team's key is: in a file, or in an environment variable.

    The key itself stands in no settings, history, log or job.
    """

    file: str = ""
    variable: str = ""

    def signer(self) -> Signer:
        """Return what signs with the key.

        Raises:
            ConfigurationError: it is not there, is too short, or everybody can read its file.
        """
        key = self._of_file(Path(self.file)) if self.file else self._of_variable()
        if len(key) < SHORTEST:
            raise ConfigurationError(
                f"signing: the key in {self.file or self.variable} has {len(key)} bytes; it needs {SHORTEST} "
                "at least, such as those of: openssl rand -hex 32"
            )
        return Signer(key)

    def _of_file(self, path: Path) -> bytes:
        try:
            if path.stat().st_mode & stat.S_IROTH:
                raise ConfigurationError(f"signing: everybody can read the key: chmod o-rwx {path}")
            return path.read_bytes().strip()
        except OSError as error:
            raise ConfigurationError(
                f"signing: the key cannot be read ({path}): {error.strerror}; ask your team for it"
            ) from error

    def _of_variable(self) -> bytes:
        key = os.environ.get(self.variable)
        if key is None:
            raise ConfigurationError(
                f"signing: the environment variable {self.variable} is not set; your team's key belongs there"
            )
        return os.fsencode(key).strip()


class Signer:
    """Signs with one key (HMAC with SHA-256)."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def signature(self, *parts: str | bytes) -> bytes:
        """Return the signature of parts, in this order and each as it is."""
        import hmac

        content = msgspec.msgpack.encode(parts)
        return hmac.digest(self._key, content, "sha256")

    def has_signed(self, signature: bytes, *parts: str | bytes) -> bool:
        """Return whether this is the signature of the parts."""
        import hmac

        return hmac.compare_digest(signature, self.signature(*parts))


def signing_of(table: object, place: Path | None) -> Signing | None:
    """Return what settings say of signing; None if nothing.

    Args:
        table: what stands under `signing`.
        place: the file of the settings; the key's file counts from its folder.

    Raises:
        ConfigurationError: it is not one of `file` and `variable`.
    """
    if table is None:
        return None
    try:
        signing = msgspec.convert(table, Signing)
    except msgspec.ValidationError as error:
        raise ConfigurationError(f"{place}: signing: {error}") from None
    if bool(signing.file) == bool(signing.variable):
        raise ConfigurationError(
            f'{place}: signing needs one of file = "team.key" and variable = "PIPES_KEY": where the key is'
        )
    if signing.file and place is not None:
        return Signing(file=str(place.parent / Path(signing.file).expanduser()))
    return signing
