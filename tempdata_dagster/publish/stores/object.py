"""Lakes in object stores, by fsspec: nothing is renamed, an object is put or copied whole, small ones conditionally."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, suppress
from datetime import UTC, datetime
from functools import cached_property
from typing import IO, Any, ClassVar, TypeVar, cast

from tempdata_dagster.core.errors import (
    ConflictError,
    InputError,
    OutsideError,
    TempDataError,
    TerminalError,
    TransientError,
)
from tempdata_dagster.publish.failure import (
    find_secrets,
    hide,
    is_refused_precondition,
    mapping_errors,
    miss_package,
    raise_mapped,
    to_error,
)
from tempdata_dagster.publish.stores.base import Blob, Entry, Lease
from tempdata_dagster.publish.stores.claim import Claim, claiming
from tempdata_dagster.publish.stores.reader import ObjectReader
from tempdata_dagster.publish.stores.retry import Retry, retrying
from tempdata_dagster.publish.stores.transfer import Transfer
from tempdata_dagster.publish.stores.upload import ObjectSink, Upload

Result = TypeVar("Result")
_TIMES = ("LastModified", "last_modified", "updated", "mtime", "created")


def to_moment(value: Any) -> datetime:
    """A time as any file system tells it: seconds since 1970, ISO text, or a datetime; without a zone it is UTC."""
    if isinstance(value, (int, float)):
        return datetime.fromtimestamp(value, UTC)
    moment: datetime = datetime.fromisoformat(value) if isinstance(value, str) else value
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


class ObjectStore:
    """Objects below a URL.

    Args:
        url: `<scheme>://<bucket>/<prefix>`.
        options: Those of `Transfer`; all others are for the fsspec file system, such as `endpoint_url`. Credentials are better
            left to the environment.

    Raises:
        InputError: TD3015 when fsspec or the file system's own package is not installed; TD3004 for a wrong option.
    """

    protocol: ClassVar[str]
    extra: ClassVar[str]
    # Whether an upload takes its parts in any order.
    parts_side_by_side: ClassVar[bool] = True

    def __init__(self, url: str, options: Mapping[str, Any]) -> None:
        self.url = url.rstrip("/")
        self._options = dict(options)
        self.transfer, self._client_options = Transfer.split(options)
        self._secrets = find_secrets(options)
        self._root = str(self.fs._strip_protocol(self.url)).strip("/")  # noqa: SLF001 - fsspec's own way to split a URL

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self), (self.url, self._options))

    @property
    def retry(self) -> Retry:
        """When what failed is tried again."""
        return self.transfer.retry

    @cached_property
    def fs(self) -> Any:
        """The fsspec file system, which neither retries (we do) nor caches listings: other runs write too."""
        try:
            return self.connect({"use_listings_cache": False, **self._client_options})
        except ImportError as error:
            raise miss_package(f"{self.protocol}://", self.extra) from error
        except (TypeError, ValueError) as error:
            said = hide(str(error), self._secrets)
            # Without its cause: a client may quote what it was given.
            raise InputError("TD3004", f"{self.protocol}:// does not take these options ({said})") from None
        except Exception as error:  # noqa: BLE001 - what libraries raise is theirs to choose
            raise_mapped(to_error(error, "open", self.url, self._secrets), error, self._secrets)

    def connect(self, options: dict[str, Any]) -> Any:
        """The fsspec file system with these options."""
        import fsspec

        return fsspec.filesystem(self.protocol, **options)

    def call(self, action: str, key: str, attempt: Callable[[], Result]) -> Result:
        """The result of something that is safe to repeat, with foreign errors mapped and transient ones tried again."""

        def mapped() -> Result:
            with mapping_errors(action, self.uri(key), self._secrets):
                return attempt()

        return retrying(self.retry, mapped)

    def side_by_side(self, work: Callable[[str], None], keys: Iterable[str]) -> None:
        """Do something for every key, a few at a time; after a failure nothing more is begun."""
        with ThreadPoolExecutor(self.transfer.concurrency) as pool:
            pending: set[Future[None]] = set()
            for key in keys:
                if len(pending) >= self.transfer.concurrency:
                    done, pending = wait(pending, return_when=FIRST_COMPLETED)
                    for one in done:
                        one.result()
                pending.add(pool.submit(work, key))
            for one in pending:
                one.result()

    def path(self, key: str) -> str:
        """A key as fsspec names it."""
        return "/".join(filter(None, (self._root, key)))

    def key(self, path: str) -> str:
        """What fsspec names so, as a key."""
        return path.strip("/").removeprefix(f"{self._root}/" if self._root else "")

    def uri(self, key: str) -> str:
        """The URL of a key."""
        return f"{self.protocol}://{self.path(key)}"

    def check_usable(self) -> None:
        """The bucket must exist; whether it may be written to shows when it is."""
        bucket = self._root.partition("/")[0]
        try:
            exists = self.call("find", "", lambda: self._has_bucket(bucket))
        except TerminalError as error:
            # A key that may write below a prefix need not be allowed to look at the bucket.
            exists = error.code == "TD3011"
        if not exists:
            raise OutsideError("TD3002", f"{self.protocol}://{bucket} does not exist", "create the bucket first")

    def _has_bucket(self, bucket: str) -> bool:
        with suppress(FileNotFoundError):
            self.find_bucket(bucket)
            return True
        return False

    def find_bucket(self, bucket: str) -> None:
        """Ask for a bucket. Not by `exists`, to which every failure is a bucket that is not there.

        Raises:
            FileNotFoundError: There is no such bucket.
        """
        self.fs.info(bucket)

    def create(self, key: str) -> ObjectSink:
        """An upload."""
        return ObjectSink(self, key)

    def open(self, key: str) -> IO[bytes]:
        """A reader that fetches ranges of the version that is there now."""
        found = self.find(key)
        if found is None:
            raise TerminalError("TD3013", f"cannot read {self.uri(key)}: not found", "check that the object exists")

        def fetch(start: int, end: int) -> bytes:
            return self.call("read", key, lambda: self._fetch_all(key, start, end, found.version))

        return cast("IO[bytes]", ObjectReader(found.size, fetch))

    def _fetch_all(self, key: str, start: int, end: int, version: str) -> bytes:
        try:
            data = self.fetch(self.path(key), start, end, version)
        except Exception as error:
            if version and is_refused_precondition(error):
                raise TerminalError("TD3013", f"{self.uri(key)} was replaced while it was read", "run again") from None
            raise
        # An error in the body of an answer that says 200, or a connection that ended early.
        if len(data) != end - start:
            raise TransientError("TD3010", f"{self.uri(key)}: {len(data)} of {end - start} bytes came", "run again")
        return data

    def fetch(self, path: str, start: int, end: int, version: str) -> bytes:  # noqa: ARG002 - for those that can tell
        """Bytes `start` up to `end` of an object; of `version` where the storage can tell."""
        return bytes(self.fs.cat_file(path, start=start, end=end))

    def read(self, key: str) -> Blob | None:
        """An object and its version: read again while another run replaces it."""
        return self.call("read", key, lambda: self._read_once(key))

    def _read_once(self, key: str) -> Blob | None:
        for _ in range(10):
            before = self.find_once(key)
            if before is None:
                return None
            try:
                with suppress(FileNotFoundError):
                    data = self._fetch_all(key, 0, before.size, before.version) if before.size else b""
                    # Where the storage has no versions, contents are compared instead.
                    return Blob(data, before.version or hashlib.sha256(data).hexdigest())
            except TerminalError as error:
                if error.code != "TD3013":
                    raise
        raise TransientError("TD3010", f"{self.uri(key)} changes while it is read", "run again")

    def find(self, key: str) -> Entry | None:
        """Size, time and version of an object."""
        return self.call("read", key, lambda: self.find_once(key))

    def find_once(self, key: str) -> Entry | None:
        """`find` without a retry, raising what the file system raises."""
        with suppress(FileNotFoundError):
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
        root = self.path(prefix).rstrip("/")
        found = self.call("list", prefix, lambda: self.fs.find(root, detail=True))
        for path in sorted(found):
            if path.strip("/").startswith(f"{root}/") and found[path]["type"] == "file":
                yield self._entry(self.key(path), found[path])

    def folders(self, prefix: str) -> list[str]:
        """The common prefixes below a prefix."""

        def find() -> list[str]:
            with suppress(FileNotFoundError):
                listed = self.fs.ls(self.path(prefix), detail=True)
                return sorted(one["name"].strip("/").rpartition("/")[2] for one in listed if one["type"] == "directory")
            return []

        return self.call("list", prefix, find)

    def delete(self, keys: Iterable[str]) -> None:
        """Remove objects."""

        def remove(key: str) -> None:
            with suppress(FileNotFoundError):
                self.fs.rm_file(self.path(key))

        self.side_by_side(lambda key: self.call("remove", key, lambda: remove(key)), keys)

    def prune(self, prefix: str, before: datetime) -> None:
        """Object stores have no folders."""

    def sweep(self, prefix: str, before: datetime, *, dry_run: bool) -> list[str]:  # noqa: ARG002 - the interface
        """None: where uploads can be listed, the store does."""
        return []

    def put(self, key: str, data: bytes, expected: str | None) -> str:
        """One conditional write; when it is refused or not answered, what is stored tells whether it was ours."""
        return retrying(self.retry, lambda: self._put_once(key, data, expected))

    def _put_once(self, key: str, data: bytes, expected: str | None) -> str:
        try:
            version = self.write_if(self.path(key), data, expected)
        except Exception as error:  # noqa: BLE001 - what libraries raise is theirs to choose
            mapped = self._to_error(error, key)
            # S3 answers "not found" to a replacement of what is no longer there.
            gone = expected is not None and mapped.code == "TD3013"
            refused = gone or isinstance(error, ConflictError) or is_refused_precondition(error)
            if not refused and not isinstance(mapped, TransientError):
                raise_mapped(mapped, error, self._secrets)
            with mapping_errors("read", self.uri(key), self._secrets):
                found = self._read_once(key)
            # The first try has landed, and its answer was lost. Owner, run and time make our bytes like nobody else's.
            if found is not None and found.data == data:
                return found.version
            if refused:
                hint = "run again if yours should hold"
                mapped = ConflictError("TD3020", f"{self.uri(key)} was changed by another run", hint)
            raise_mapped(mapped, error, self._secrets)
        return version

    def _to_error(self, error: Exception, key: str) -> TempDataError:
        return error if isinstance(error, TempDataError) else to_error(error, "write", self.uri(key), self._secrets)

    def write_if(self, path: str, data: bytes, expected: str | None) -> str:
        """Write if the stored version is `expected`; raises anything, which `put` makes sense of."""
        raise NotImplementedError

    def write_whole(self, path: str, data: bytes) -> None:
        """Write an object in one request."""
        self.fs.pipe_file(path, data)

    def begin_upload(self, path: str) -> Upload:
        """Begin to write an object by parts."""
        raise NotImplementedError

    def place(self, folder: str, moves: Mapping[str, str], lease: Lease) -> None:
        """Copy each staged object to its place within the storage: every object appears whole."""

        def copy(name: str) -> None:
            source, target = self.path(moves[name]), self.path(f"{folder}/{name}")
            self.call("publish", f"{folder}/{name}", lambda: self.copy(source, target))

        def checked() -> Iterator[str]:
            for name in moves:
                # For each object: copies take time, and a claim is renewed only by being checked.
                lease.check()
                yield name

        self.side_by_side(copy, checked())

    def copy(self, source: str, target: str) -> None:
        """Copy an object within the storage; returns when the copy is there."""
        self.fs.cp_file(source, target)

    def clear(self, folder: str, names: Iterable[str], lease: Lease) -> None:
        """Remove one object after the other."""
        for name in names:
            lease.check()
            self.delete([f"{folder}/{name}"])

    def add(self, folder: str, moves: Mapping[str, str], lease: Lease) -> None:
        """As `place`, which removes nothing."""
        self.place(folder, moves, lease)

    @property
    def client_options(self) -> dict[str, Any]:
        """What the file system was opened with, for other clients of the same storage; holds secrets."""
        return dict(self._client_options)

    def exclusive(self, key: str, wait: float) -> AbstractContextManager[Claim]:
        """A claim object."""
        return claiming(self, key, wait)

    def filesystem(self) -> tuple[Any, str]:
        """The store, as Arrow's file system."""
        from pyarrow import fs

        from tempdata_dagster.publish.stores.arrow import ArrowHandler

        return fs.PyFileSystem(ArrowHandler(self)), self._root
