"""Files kept as they are: what a step made with `--out-file` comes back as its bytes."""

from __future__ import annotations

from typing import Any

from jupyter_pipes.storage.serializers.base import Serialized


class FileSerializer:
    """Bytes without any form around them; `out_files.keep` stores them, straight from the file."""

    name = "file"

    def accepts(self, value: Any) -> bool:
        """Return False: which bytes are a file's is not seen in the value."""
        return False

    def dump(self, value: bytes) -> Serialized:
        """Return the bytes."""
        return Serialized([value])

    def load(self, data: memoryview) -> bytes:
        """Return the file's bytes."""
        return bytes(data)
