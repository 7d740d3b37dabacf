"""The team's key: from a file or a variable, refused where it could be guessed or read by everybody."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_pipes.model.errors import ConfigurationError
from jupyter_pipes.storage.settings import load
from jupyter_pipes.storage.signing import Signer, Signing

KEY = b"0123456789abcdef"


def test_a_signature_is_of_its_key_and_of_each_part_in_its_place() -> None:
    signer = Signer(KEY)
    signature = signer.signature("a", b"bc")
    assert signer.has_signed(signature, "a", b"bc")
    others = [("ab", b"c"), ("a", "bc"), (b"bc", "a"), ("a", b"bc", "")]
    assert not any(signer.has_signed(signature, *parts) for parts in others)
    assert not Signer(KEY[::-1]).has_signed(signature, "a", b"bc")


def test_the_key_s_file_counts_from_the_folder_of_the_settings(tmp_path: Path) -> None:
    (tmp_path / "pipes.toml").write_text('signing = { file = "team.key" }')
    (tmp_path / "below").mkdir()
    (tmp_path / "team.key").write_bytes(KEY + b"\n")
    (tmp_path / "team.key").chmod(0o640)
    signing = load(tmp_path / "below").signing
    assert signing == Signing(file=str(tmp_path / "team.key"))
    assert signing.signer().signature("a") == Signer(KEY).signature("a")


@pytest.mark.parametrize("table", ["{}", '{ file = "a", variable = "B" }', '{ key = "secret" }', '"secret"'])
def test_a_key_that_stands_in_the_settings_or_nowhere_is_refused(table: str, tmp_path: Path) -> None:
    (tmp_path / "pipes.toml").write_text(f"signing = {table}")
    with pytest.raises(ConfigurationError, match="signing"):
        load(tmp_path)


@pytest.mark.parametrize(
    ("content", "mode", "said"),
    [(KEY, 0o644, "everybody can read"), (KEY[1:], 0o600, "has 15 bytes"), (None, 0, "cannot be read")],
)
def test_a_key_that_is_no_secret_is_refused(
    content: bytes | None, mode: int, said: str, tmp_path: Path
) -> None:
    path = tmp_path / "team.key"
    if content is not None:
        path.write_bytes(content)
        path.chmod(mode)
    with pytest.raises(ConfigurationError, match=said):
        Signing(file=str(path)).signer()
