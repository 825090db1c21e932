"""Where finished blocks are kept: a folder, or an address of a shared folder or object store that fsspec knows."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from macrotrade._files import atomically
from macrotrade.errors import SettingsError

__all__ = ["Store", "block_store"]


class Store(Protocol):
    """Named bytes, each there whole or not at all."""

    def read(self, name: str) -> bytes | None:
        """Content, None where there is none."""
        ...

    def write(self, name: str, content: bytes) -> None:
        """Keep the content; a reader sees all of it or what was there before."""
        ...

    def is_empty(self) -> bool:
        """Whether nothing was ever kept here."""
        ...


def block_store(where: str | Path) -> Store:
    """Store at a path, or at an address such as ``s3://bucket/blocks``, ``file:///shared/blocks`` or ``memory://blocks``.

    Raises
    ------
    SettingsError
        If the kind of address is not known, or the library that speaks to it is not installed.
    """
    if "://" not in str(where):
        return _Folder(Path(where))
    import fsspec

    try:
        files, path = fsspec.core.url_to_fs(str(where))
    except (ImportError, ValueError) as error:
        raise SettingsError(f"store={str(where)!r}: {error}") from None
    if "file" in ((files.protocol,) if isinstance(files.protocol, str) else files.protocol):
        return _Folder(Path(path))
    return _Remote(files, path.rstrip("/"))


@dataclass(frozen=True)
class _Folder:
    path: Path

    def read(self, name: str) -> bytes | None:
        try:
            return (self.path / name).read_bytes()
        except FileNotFoundError:
            return None

    def write(self, name: str, content: bytes) -> None:
        with atomically(self.path / name) as temporary:
            temporary.write_bytes(content)

    def is_empty(self) -> bool:
        return not any(self.path.glob("[!.]*"))


@dataclass(frozen=True)
class _Remote:
    files: Any
    path: str

    def read(self, name: str) -> bytes | None:
        try:
            return bytes(self.files.cat_file(f"{self.path}/{name}"))
        except FileNotFoundError:
            return None

    def write(self, name: str, content: bytes) -> None:
        # An object store shows an object when it is whole; other file systems would show its first half.
        temporary = f"{self.path}/.part-{secrets.token_hex(8)}"
        self.files.makedirs(self.path, exist_ok=True)
        self.files.pipe_file(temporary, content)
        self.files.mv(temporary, f"{self.path}/{name}")

    def is_empty(self) -> bool:
        return not self.files.glob(f"{self.path}/[!.]*")
