"""Lakes in object stores, by fsspec: nothing is renamed, an object is put or copied whole, small ones conditionally."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, suppress
from datetime import UTC, datetime
from functools import cached_property
from typing import IO, Any, ClassVar, cast

from tempdata_dagster.core.errors import (
    ConflictError,
    InputError,
    OutsideError,
    TempDataError,
    TerminalError,
    TransientError,
)
from tempdata_dagster.publish.failure import is_refused_precondition, mapping_errors, to_error
from tempdata_dagster.publish.stores.base import Blob, Entry, Lease
from tempdata_dagster.publish.stores.claim import Claim, claiming

_TIMES = ("LastModified", "last_modified", "updated", "mtime", "created")


def to_moment(value: Any) -> datetime:
    """A time as any file system tells it: seconds since 1970, ISO text, or a datetime; without a zone it is UTC."""
    if isinstance(value, (int, float)):
        return datetime.fromtimestamp(value, UTC)
    moment: datetime = datetime.fromisoformat(value) if isinstance(value, str) else value
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


class ObjectSink:
    """An object being uploaded; `abort` gives up the upload, so that nothing short is ever left in place."""

    def __init__(self, store: ObjectStore, key: str) -> None:
        self._store = store
        self._key = key
        with mapping_errors("write", store.uri(key)):
            self._file = store.fs.open(store.path(key), "wb")

    def write(self, data: Any) -> int:
        """Buffer bytes, and send them by the part."""
        with mapping_errors("write", self._store.uri(self._key)):
            return int(self._file.write(bytes(data)))

    def commit(self) -> None:
        """Complete the upload; a completion that fails is given up."""
        with mapping_errors("write", self._store.uri(self._key)):
            self._file.close()

    def abort(self) -> None:
        """Give the upload up. A file that fsspec closes or collects completes itself: it is told that it is closed."""
        with suppress(AttributeError):
            self._file.closed = True
        with suppress(Exception):
            # The error that made us give up matters more; a parts upload that is left is for the bucket's lifecycle rule.
            self._file.discard()
        with suppress(OutsideError):
            self._store.delete([self._key])


class ObjectStore:
    """Objects below a URL.

    Args:
        url: `<scheme>://<bucket>/<prefix>`.
        options: For the fsspec file system, such as `endpoint_url`; credentials are better left to the environment.

    Raises:
        InputError: TD3015 when fsspec or the file system's own package is not installed.
    """

    protocol: ClassVar[str]
    extra: ClassVar[str]

    def __init__(self, url: str, options: Mapping[str, Any]) -> None:
        self.url = url.rstrip("/")
        self._options = dict(options)
        self._root = str(self.fs._strip_protocol(self.url)).strip("/")  # noqa: SLF001 - fsspec's own way to split a URL

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self), (self.url, self._options))

    @cached_property
    def fs(self) -> Any:
        """The fsspec file system. Its listings are never cached: other runs write too."""
        try:
            import fsspec

            return fsspec.filesystem(self.protocol, **{"use_listings_cache": False, **self._options})
        except ImportError as error:
            hint = f"pip install 'tempdata-dagster[{self.extra}]'"
            raise InputError("TD3015", f"{self.protocol}:// needs a package that is not installed", hint) from error
        except (TypeError, ValueError) as error:
            raise InputError("TD3004", f"{self.protocol}:// does not take these options ({error})") from error

    def path(self, key: str) -> str:
        """A key as fsspec names it."""
        return "/".join(filter(None, (self._root, key)))

    def uri(self, key: str) -> str:
        """The URL of a key."""
        return f"{self.protocol}://{self.path(key)}"

    def check_usable(self) -> None:
        """The bucket must exist; whether it may be written to shows when it is."""
        bucket = self._root.partition("/")[0]
        try:
            with mapping_errors("find", self.uri("")):
                exists = self.fs.exists(bucket)
        except TerminalError as error:
            # A key that may write below a prefix need not be allowed to look at the bucket.
            exists = error.code == "TD3011"
        if not exists:
            raise OutsideError("TD3002", f"{self.protocol}://{bucket} does not exist", "create the bucket first")

    def create(self, key: str) -> ObjectSink:
        """An upload."""
        return ObjectSink(self, key)

    def open(self, key: str) -> IO[bytes]:
        """A reader that fetches ranges."""
        with mapping_errors("read", self.uri(key)):
            return cast("IO[bytes]", self.fs.open(self.path(key), "rb"))

    def read(self, key: str) -> Blob | None:
        """An object and its version: read again while another run replaces it."""
        for _ in range(10):
            before = self.find(key)
            if before is None:
                return None
            # The answer to a read does not say which version it is: it is the one that was there before and after.
            data = self._fetch(key)
            after = self.find(key)
            if data is not None and after is not None and after.version == before.version:
                return Blob(data, before.version or hashlib.sha256(data).hexdigest())
        raise TransientError("TD3010", f"{self.uri(key)} changes while it is read", "run again")

    def _fetch(self, key: str) -> bytes | None:
        with mapping_errors("read", self.uri(key)), suppress(FileNotFoundError):
            return bytes(self.fs.cat_file(self.path(key)))
        return None

    def find(self, key: str) -> Entry | None:
        """Size, time and version of an object."""
        with mapping_errors("read", self.uri(key)), suppress(FileNotFoundError):
            facts = self.fs.info(self.path(key))
            # A prefix with objects below it is told as a folder of that name.
            return self._entry(key, facts) if facts["type"] == "file" else None
        return None

    def _entry(self, key: str, facts: Mapping[str, Any]) -> Entry:
        moment = to_moment(next((facts[name] for name in _TIMES if facts.get(name)), 0.0))
        return Entry(key, int(facts["size"]), moment, self.version_of(facts))

    def version_of(self, facts: Mapping[str, Any]) -> str:
        """The version in what the file system tells about an object; empty when it tells none."""
        return str(facts.get("ETag") or "").strip('"')

    def entries(self, prefix: str) -> Iterator[Entry]:
        """All objects below a prefix."""
        root = self.path(prefix)
        with mapping_errors("list", self.uri(prefix)):
            found = self.fs.find(root, detail=True)
        for path in sorted(found):
            name = path.strip("/")
            if name.startswith(f"{root}/") and found[path]["type"] == "file":
                yield self._entry(name.removeprefix(f"{self._root}/" if self._root else ""), found[path])

    def folders(self, prefix: str) -> list[str]:
        """The common prefixes below a prefix."""
        with mapping_errors("list", self.uri(prefix)), suppress(FileNotFoundError):
            listed = self.fs.ls(self.path(prefix), detail=True)
            return sorted(item["name"].strip("/").rpartition("/")[2] for item in listed if item["type"] == "directory")
        return []

    def delete(self, keys: Iterable[str]) -> None:
        """Remove objects."""
        for key in keys:
            with mapping_errors("remove", self.uri(key)), suppress(FileNotFoundError):
                self.fs.rm_file(self.path(key))

    def prune(self, prefix: str, before: datetime) -> None:
        """Object stores have no folders."""

    def put(self, key: str, data: bytes, expected: str | None) -> str:
        """One conditional write; when it is refused or not answered, what is stored tells whether it was ours."""
        try:
            version = self.write_if(self.path(key), data, expected)
        except Exception as error:
            mapped = error if isinstance(error, TempDataError) else to_error(error, "write", self.uri(key))
            # S3 answers "not found" to a replacement of what is no longer there.
            gone = expected is not None and mapped.code == "TD3013"
            refused = gone or isinstance(error, ConflictError) or is_refused_precondition(error)
            if not refused and not isinstance(mapped, TransientError):
                raise mapped from error
            found = self.read(key)
            # The first try has landed, and its answer was lost. Owner, run and time make our bytes like nobody else's.
            if found is not None and found.data == data:
                return found.version
            if refused:
                hint = "run again if yours should hold"
                raise ConflictError("TD3020", f"{self.uri(key)} was changed by another run", hint) from error
            raise mapped from error
        return version

    def write_if(self, path: str, data: bytes, expected: str | None) -> str:
        """Write if the stored version is `expected`; raises anything, which `put` makes sense of."""
        raise NotImplementedError

    def place(self, folder: str, moves: Mapping[str, str], lease: Lease) -> None:
        """Copy each staged object to its place within the storage: every object appears whole."""
        for name, staged in moves.items():
            # For each object: copies take time, and a claim is renewed only by being checked.
            lease.check()
            with mapping_errors("publish", self.uri(f"{folder}/{name}")):
                self.fs.cp_file(self.path(staged), self.path(f"{folder}/{name}"))

    def exclusive(self, key: str, wait: float) -> AbstractContextManager[Claim]:
        """A claim object."""
        return claiming(self, key, wait)

    def filesystem(self) -> tuple[Any, str]:
        """The fsspec file system, as Arrow's."""
        from pyarrow import fs

        return fs.PyFileSystem(fs.FSSpecHandler(self.fs)), self._root
