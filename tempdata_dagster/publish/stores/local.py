"""A lake in a folder of this machine: fsync before anything counts, atomic renames, locks that die with their process."""

from __future__ import annotations

import hashlib
import os
import time
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from stat import S_ISDIR
from typing import IO, Any

from tempdata_dagster.core.errors import ConflictError, InputError, OutsideError, TransientError
from tempdata_dagster.publish.failure import mapping_errors
from tempdata_dagster.publish.layout import PART, SWAPPED, WRITES
from tempdata_dagster.publish.stores.base import STORES, Blob, Entry, Lease
from tempdata_dagster.publish.stores.durable import make_folder, move, open_new, remove_empty, sync_folder, try_lock
from tempdata_dagster.publish.stores.exchange import swap_folders
from tempdata_dagster.publish.stores.retry import NEVER, Retry

# How long a replaced folder is kept for readers who have opened it and not yet listed it.
SWAPPED_SECONDS = 10
_SYSTEM = {Path("/"), Path("/home"), Path("/root"), Path("/Users")} | {
    Path("/", name)
    for name in ("bin", "boot", "dev", "etc", "lib", "lib64", "proc", "run", "sbin", "sys", "usr", "var")
}
_WITHOUT_FILES = {Path("/proc"), Path("/sys"), Path("/dev"), Path("/boot"), Path("/etc")}


def to_entry(key: str, facts: os.stat_result) -> Entry:
    """What a file system tells about a file."""
    return Entry(key, facts.st_size, datetime.fromtimestamp(facts.st_mtime, UTC))


class LocalSink:
    """A file that is written where nobody reads."""

    def __init__(self, path: Path, root: Path) -> None:
        self._path = path
        self._root = root
        with mapping_errors("write", str(path)):
            self._file = open_new(path, "wb")

    def write(self, data: Any) -> int:
        """Write all of `data`: an unbuffered file may take less when the disk runs full."""
        with mapping_errors("write", str(self._path)):
            view = memoryview(data).cast("B")
            done = 0
            while done < len(view):
                done += self._file.write(view[done:])
            return done

    def commit(self) -> None:
        """Make the bytes durable; the name becomes so where the file is moved to."""
        with mapping_errors("write", str(self._path)):
            os.fsync(self._file.fileno())
            self._file.close()

    def abort(self) -> None:
        """Remove the file, and the folders that this leaves empty."""
        with mapping_errors("remove", str(self._path)):
            self._file.close()
            self._path.unlink(missing_ok=True)
            remove_empty(self._path.parent, self._root)


class LocalLease:
    """A held `flock`: the kernel gives it back when the process dies, so it cannot be lost while held."""

    def check(self) -> None:
        """Always held."""


@STORES.register("file")
class LocalStore:
    """Files below a folder.

    Args:
        url: An absolute path.
        options: None are known.

    Raises:
        InputError: TD3001 for a root that must not be a lake: `/`, a home, a system folder, or a file.
    """

    def __init__(self, url: str, options: Mapping[str, Any]) -> None:
        if options:
            raise InputError("TD3004", f"a local folder takes no options, got {', '.join(sorted(options))}")
        self.root = Path(url).expanduser().absolute()
        # A link to `/` is as dangerous as `/`; the lake itself keeps the path that it was given.
        resolved = self.root.resolve()
        inside = any(parent in _WITHOUT_FILES for parent in resolved.parents)
        if resolved in _SYSTEM or inside or resolved == Path.home():
            raise InputError("TD3001", f"'{self.root}' must not be a lake", "name a folder of its own, such as ./lake")
        self.url = str(self.root)

    def __reduce__(self) -> tuple[Any, ...]:
        return (LocalStore, (self.url, {}))

    @property
    def retry(self) -> Retry:
        """Never: what a disk refuses once, it refuses again."""
        return NEVER

    def _path(self, key: str) -> Path:
        return self.root / key

    def uri(self, key: str) -> str:
        """The absolute path."""
        return str(self._path(key))

    def check_usable(self) -> None:
        """The root, or the nearest folder above it that exists, must be a folder that can be written to."""
        with mapping_errors("find", self.url):
            nearest = next((one for one in (self.root, *self.root.parents) if one.exists()), Path("/"))
            if not nearest.is_dir():
                raise InputError("TD3001", f"'{nearest}' is a file, not a folder", "name a folder of its own")
            # os.access asks for the real user unless told otherwise, and files are written as the effective one.
            if not os.access(nearest, os.W_OK | os.X_OK, effective_ids=os.access in os.supports_effective_ids):
                raise OutsideError("TD3002", f"'{nearest}' cannot be written to", "check its permissions and its mount")

    def create(self, key: str) -> LocalSink:
        """A new file, removed again by `abort`."""
        return LocalSink(self._path(key), self.root)

    def open(self, key: str) -> IO[bytes]:
        """The file, for reading."""
        with mapping_errors("read", self.uri(key)):
            return self._path(key).open("rb")

    def read(self, key: str) -> Blob | None:
        """The file's bytes; their sha256 is the version."""
        with mapping_errors("read", self.uri(key)), suppress(FileNotFoundError, NotADirectoryError):
            data = self._path(key).read_bytes()
            return Blob(data, hashlib.sha256(data).hexdigest())
        return None

    def find(self, key: str) -> Entry | None:
        """Size and time of a file."""
        with mapping_errors("read", self.uri(key)), suppress(FileNotFoundError, NotADirectoryError):
            facts = self._path(key).stat()
            return None if S_ISDIR(facts.st_mode) else to_entry(key, facts)
        return None

    def entries(self, prefix: str) -> Iterator[Entry]:
        """The files below a folder; links are files, and are not followed."""
        with mapping_errors("list", self.uri(prefix)), suppress(FileNotFoundError, NotADirectoryError):
            for item in sorted(os.scandir(self._path(prefix)), key=lambda one: one.name):
                key = f"{prefix}/{item.name}" if prefix else item.name
                if item.is_dir(follow_symlinks=False):
                    yield from self.entries(key)
                else:
                    with suppress(FileNotFoundError):
                        yield to_entry(key, item.stat(follow_symlinks=False))

    def folders(self, prefix: str) -> list[str]:
        """The folders below a folder; links are not followed."""
        with mapping_errors("list", self.uri(prefix)), suppress(FileNotFoundError, NotADirectoryError):
            return sorted(item.name for item in os.scandir(self._path(prefix)) if item.is_dir(follow_symlinks=False))
        return []

    def delete(self, keys: Iterable[str]) -> None:
        """Remove files, and the folders that this leaves empty."""
        for key in keys:
            path = self._path(key)
            with mapping_errors("remove", self.uri(key)):
                with suppress(FileNotFoundError, NotADirectoryError):
                    path.unlink()
                remove_empty(path.parent, self.root)

    def prune(self, prefix: str, before: datetime) -> None:
        """Remove empty folders; one that is filled at this moment stays."""
        with mapping_errors("remove", self.uri(prefix)):
            # All times are taken first: removing a folder makes the one above it look younger.
            found: list[tuple[Path, float]] = []
            for folder, _, _ in os.walk(self._path(prefix)):
                with suppress(FileNotFoundError):
                    found.append((Path(folder), Path(folder).stat().st_mtime))
            for path, modified in reversed(found):
                # ENOTEMPTY is the answer that most folders give.
                with suppress(OSError):
                    if modified <= before.timestamp():
                        path.rmdir()

    def sweep(self, prefix: str, before: datetime, *, dry_run: bool) -> list[str]:  # noqa: ARG002 - the interface
        """None: what is written here are files, which `gc` sees."""
        return []

    def put(self, key: str, data: bytes, expected: str | None) -> str:
        """Write beside, then rename; a lock of the key's own makes comparing and renaming one step."""
        path = self._path(key)
        # Of one length and without slashes, as `layout` knows it: gc clears the locks of killed writers away.
        name = hashlib.sha256(key.encode()).hexdigest()[:32]
        with mapping_errors("write", str(path)), self._locked(self._path(f"{WRITES}/{name}"), 60.0):
            found = self.read(key)
            if (found.version if found else None) != expected:
                raise ConflictError("TD3020", f"{path} was changed by another run", "run again if yours should hold")
            temporary = f"{WRITES}/{uuid.uuid4().hex}"
            sink = self.create(temporary)
            try:
                sink.write(data)
                sink.commit()
                move(self._path(temporary), path)
            except BaseException:
                sink.abort()
                raise
            # A renamed file outlives a crash once its folder is on disk.
            sync_folder(path.parent)
        return hashlib.sha256(data).hexdigest()

    def place(self, folder: str, moves: Mapping[str, str], lease: Lease) -> None:
        """One file that replaces itself: `os.replace`. Anything else: the whole folder is swapped for a new one."""
        live = self._path(folder)
        with mapping_errors("publish", str(live)):
            make_folder(live)
            present = {item.name for item in live.iterdir() if PART.fullmatch(item.name)}
            lease.check()
            if len(moves) > 1 or not present <= set(moves):
                self._place_folder(live, moves)
            else:
                for name, staged in moves.items():
                    self._path(staged).replace(live / name)
            # A file that was replaced is a name in `live`, a folder that was swapped a name in its parent.
            sync_folder(live)
            sync_folder(live.parent)
        # Published already: what cannot be swept now is left to the next run, or to gc.
        with suppress(OutsideError, OSError):
            self._sweep_swapped()

    def add(self, folder: str, moves: Mapping[str, str], lease: Lease) -> None:
        """One rename for each file, all of them durable before anything names them."""
        live = self._path(folder)
        with mapping_errors("publish", str(live)):
            lease.check()
            for name, staged in moves.items():
                move(self._path(staged), live / name)
            sync_folder(live)

    def _place_folder(self, live: Path, moves: Mapping[str, str]) -> None:
        fresh = self._path(next(iter(moves.values()))).parent / "swap"
        make_folder(fresh)
        for stale in fresh.iterdir():
            stale.unlink()
        for name, staged in moves.items():
            self._path(staged).replace(fresh / name)
        # Before it is live: a crash must not show readers a folder whose files are not on disk.
        sync_folder(fresh)
        if swap_folders(fresh, live):
            self._keep_swapped(fresh, live)
        else:
            self._place_one_by_one(fresh, live)
            fresh.rmdir()

    def _keep_swapped(self, old: Path, live: Path) -> None:
        # A reader who opened the old folder just before the swap has yet to list it: emptied, it would be 0 rows to him.
        for item in list(old.iterdir()):
            if not PART.fullmatch(item.name):
                item.rename(live / item.name)
        move(old, self._path(f"{SWAPPED}/{time.time_ns() // 10**9}-{uuid.uuid4().hex}"))

    def _sweep_swapped(self) -> None:
        folder = self._path(SWAPPED)
        for item in list(folder.iterdir()) if folder.is_dir() else ():
            # By the time in its name: being renamed leaves a folder's own time as it was.
            since = item.name.partition("-")[0]
            if since.isdecimal() and int(since) + SWAPPED_SECONDS < time.time():
                self.delete(
                    f"{SWAPPED}/{item.name}/{file.name}" for file in item.iterdir() if PART.fullmatch(file.name)
                )

    @staticmethod
    def _place_one_by_one(fresh: Path, live: Path) -> None:
        # Where folders cannot be swapped a plain reader may for a moment see old and new files together.
        kept = {item.name for item in fresh.iterdir()}
        for item in sorted(fresh.iterdir()):
            item.replace(live / item.name)
        for item in list(live.iterdir()):
            if PART.fullmatch(item.name) and item.name not in kept:
                item.unlink()

    def clear(self, folder: str, names: Iterable[str], lease: Lease) -> None:
        """Several files leave together with their folder, unless something else lies in it."""
        live, wanted = self._path(folder), list(names)
        with mapping_errors("remove", str(live)), suppress(FileNotFoundError, NotADirectoryError):
            lease.check()
            present = {item.name for item in live.iterdir()}
            if len(present) > 1 and present <= set(wanted):
                away = f"{SWAPPED}/{time.time_ns() // 10**9}-{uuid.uuid4().hex}"
                move(live, self._path(away))
                sync_folder(live.parent)
                self.delete(f"{away}/{name}" for name in present)
        self.delete(f"{folder}/{name}" for name in wanted)

    @contextmanager
    def exclusive(self, key: str, wait: float) -> Iterator[LocalLease]:
        """A `flock` on a file of its own: a process that is killed gives it back at once."""
        with self._locked(self._path(key), wait):
            yield LocalLease()

    @contextmanager
    def _locked(self, path: Path, wait: float) -> Iterator[None]:
        deadline = time.monotonic() + wait
        with mapping_errors("lock", str(path)):
            while (file := try_lock(path)) is None:
                if time.monotonic() > deadline:
                    raise TransientError("TD3031", f"{path} is held by another run", "run again when that has finished")
                # flock itself waits for ever or not at all.
                time.sleep(0.005)
        try:
            yield
        finally:
            # Removed while still held: whoever opened it meanwhile sees that the name is gone and begins anew. A name
            # that cannot be removed is free all the same.
            with closing(file), suppress(OSError):
                path.unlink(missing_ok=True)
                remove_empty(path.parent, self.root)

    def filesystem(self) -> tuple[Any, str]:
        """Arrow's own local file system."""
        from pyarrow import fs

        return fs.LocalFileSystem(), self.url
