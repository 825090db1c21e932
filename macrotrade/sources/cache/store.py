"""The cache itself: read by anyone at any time, written by one process at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from macrotrade.errors import DataError, near_misses
from macrotrade.sources.cache.durable import Stage, nothing, write_durably
from macrotrade.sources.cache.folder import cache_folder
from macrotrade.sources.cache.leftovers import leftovers, rebuilt
from macrotrade.sources.cache.lock import one_writer
from macrotrade.sources.cache.manifest import MANIFEST, Manifest, TableRecord, read_manifest, write_manifest
from macrotrade.sources.cache.table_file import FOLDER, content_of, read_content, record_of, sha256
from macrotrade.sources.live.fetched import Fetched

__all__ = ["Cache", "CacheWriter"]

_READS = 20


@dataclass(frozen=True)
class Cache:
    """Tables of live data in a folder.

    Attributes
    ----------
    folder
        Where they lie; it need not exist.
    at_stage
        Called with the name of each stage that a write passes (``table begun``, ``table written``, ``table named``,
        ``manifest begun``, ``manifest written``, ``manifest named``): a test pauses, fails or kills the process there.
    """

    folder: Path
    at_stage: Stage = field(default=nothing, repr=False, compare=False)

    @classmethod
    def at(cls, folder: str | Path | None = None) -> Cache:
        """The cache of that folder, or of :func:`macrotrade.sources.cache.folder.cache_folder`."""
        return cls(cache_folder(folder))

    def manifest(self) -> Manifest:
        """What the cache holds; an empty manifest where nothing was fetched yet."""
        return read_manifest(self.folder)

    def table(self, name: str) -> Fetched:
        """One table as it was fetched; raises as :meth:`tables`."""
        return self.tables((name,))[name]

    def tables(self, names: Iterable[str] | None = None) -> dict[str, Fetched]:
        """Tables by name, all by default, as they stood together at one moment: no lock is taken, none is waited for.

        Raises
        ------
        DataError
            For a name that the cache does not hold, and for a file that is absent, damaged or unreadable.
        """
        wanted = None if names is None else tuple(names)
        for _ in range(_READS):
            manifest = self.manifest()
            chosen = {name: self._known(manifest, name) for name in (manifest.tables if wanted is None else wanted)}
            try:
                return {name: self._read(name, record) for name, record in chosen.items()}
            except FileNotFoundError as error:
                if self.manifest() == manifest:
                    raise DataError(f"Cached table file {error.filename} is absent. {REMEDY}") from None
        raise DataError(f"{self.folder}: was rewritten {_READS} times while it was read; read it again.")

    @contextmanager
    def writing(self, wait_seconds: float = 60.0) -> Iterator[CacheWriter]:
        """The right to write while the body runs, waited for `wait_seconds` at most.

        What a killed run left half-written is swept first; files that the run before replaced too, so that whoever
        read the cache while it was replaced found them.

        Raises
        ------
        DataError
            If another process keeps the right, or the folder or its manifest is not in order.
        """
        with one_writer(self.folder, wait_seconds):
            manifest = self.manifest()
            if not manifest.tables and not (self.folder / MANIFEST).exists():
                manifest = rebuilt(self.folder)
            # Tables of an older format stay until others stand in their place.
            swept = () if manifest.outdated else leftovers(self.folder, manifest)
            with suppress(OSError):
                for path in swept:
                    path.unlink(missing_ok=True)
            yield CacheWriter(self.folder, manifest, self.at_stage)

    def _known(self, manifest: Manifest, name: str) -> TableRecord:
        if name in manifest.tables:
            return manifest.tables[name]
        why = "was written by an older macrotrade" if name in manifest.outdated else "is not there"
        near = "" if name in manifest.outdated else " " + near_misses(name, manifest.tables)
        raise DataError(f"{self.folder}: table {name!r} {why}; 'macrotrade data update' fetches it.{near}")

    def _read(self, name: str, record: TableRecord) -> Fetched:
        path = self.folder / FOLDER / record.file
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            raise
        except OSError as error:
            raise DataError(f"{path}: table {name!r} cannot be read ({error.strerror}). {REMEDY}") from error
        if sha256(content) != record.sha256:
            raise DataError(
                f"{path}: table {name!r} is not what was written (its sha256 differs from the manifest's). {REMEDY}"
            )
        return read_content(content, str(path))


@dataclass
class CacheWriter:
    """The right to write a cache; see :meth:`Cache.writing`.

    Each call leaves the cache as it was or with the whole change.

    Attributes
    ----------
    folder
        Of the cache.
    manifest
        What the cache holds now.
    at_stage
        As in :class:`Cache`.
    """

    folder: Path
    manifest: Manifest
    at_stage: Stage = field(default=nothing, repr=False)

    def put(self, table: Fetched) -> TableRecord:
        """Write a table, in the place of the one of its name.

        Raises
        ------
        DataError
            If the disk is full or the folder cannot be written; the cache is then as it was.
        """
        content = content_of(table)
        record = record_of(table, content)
        path = self.folder / FOLDER / record.file
        try:
            write_durably(path, content, lambda stage: self.at_stage(f"table {stage}"))
            self._commit(self.manifest.with_table(table.name, record))
        except OSError as error:
            self._take_back(path)
            raise _unwritten(self.folder, error) from error
        return record

    def confirm(self, names: Iterable[str], at: datetime) -> None:
        """Note that the source said at that moment (UTC) that these tables are still its content."""
        tables = {name: replace(self.manifest.tables[name], checked_at=at) for name in names}
        manifest = self.manifest
        for name, record in tables.items():
            manifest = manifest.with_table(name, record)
        self._commit_or_tell(manifest)

    def drop(self, names: Iterable[str]) -> None:
        """Take tables out; their files are swept by the next writer or by ``macrotrade data prune``."""
        self._commit_or_tell(self.manifest.without(frozenset(names)))

    def rewrite(self) -> None:
        """Write the manifest as it stands here, in the place of a broken or absent one."""
        self._commit_or_tell(self.manifest)

    def _take_back(self, path: Path) -> None:
        """Remove a table's file, unless the manifest on the disk names it: a rename can succeed and its sync fail."""
        with suppress(OSError, DataError):
            self.manifest = read_manifest(self.folder)
            if path.name not in {record.file for record in self.manifest.tables.values()}:
                path.unlink(missing_ok=True)

    def _commit_or_tell(self, manifest: Manifest) -> None:
        try:
            self._commit(manifest)
        except OSError as error:
            raise _unwritten(self.folder, error) from error

    def _commit(self, manifest: Manifest) -> None:
        write_manifest(self.folder, manifest, self.at_stage)
        self.manifest = manifest


REMEDY = "'macrotrade data check --repair' takes it out, and 'macrotrade data update' fetches it anew."


def _unwritten(folder: Path, error: OSError) -> DataError:
    return DataError(
        f"{folder}: the cache cannot be written ({error.strerror or error}); what it held still stands. Make room, "
        "allow writing there, or name another folder with --cache or MACROTRADE_CACHE."
    )
