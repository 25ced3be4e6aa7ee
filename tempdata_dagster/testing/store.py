"""A store that fails at the call that it is told to, in front of any other."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from typing import IO, Any, TypeVar, cast

from tempdata_dagster.publish.failure import to_error
from tempdata_dagster.publish.stores import Blob, Entry, Lease, Retry, Sink, Store
from tempdata_dagster.publish.stores.claim import claiming
from tempdata_dagster.publish.stores.object import ObjectStore
from tempdata_dagster.publish.target import Target
from tempdata_dagster.testing.fault import Fault

Result = TypeVar("Result")


class FaultyStore:
    """Any store, whose calls are counted, and of which some fail.

    Counted is every call of a method that asks something of the storage, those of the objects being written included:
    `find`, `read`, `entries`, `folders`, `open`, `create`, `sink.write`, `sink.commit`, `put`, `place`, `add`, `clear`, `delete`,
    `prune`, `sweep`, `check_usable`, `exclusive`. What Arrow reads by `filesystem()`, and what table formats do by clients of
    their own, is not counted, and giving up an object never fails. A copy in
    another process (it is picklable where the store is) counts for itself.

    Example:
        Publishing fails at its tenth call, and the lake keeps its old version:

        >>> from tempdata_dagster.publish import Target
        >>> from tempdata_dagster.testing import Fault, FaultyStore
        >>> lake = FaultyStore.around(Target.open("memory://lake"), Fault("timeout", call=10))
        >>> lake.store.fault.call
        10

    Attributes:
        inner: The store that does the work.
        fault: How and when it fails; None never, to count calls.
        calls: The names of the calls so far, in order.
        struck: The names of those that failed, or did not do what they said.
    """

    def __init__(self, inner: Store, fault: Fault | None = None) -> None:
        self.inner = inner
        self.url = inner.url
        self.fault = fault
        self.calls: list[str] = []
        self.struck: list[str] = []
        self._lock = threading.Lock()

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self), (self.inner, self.fault))

    @staticmethod
    def around(target: Target, fault: Fault | None = None) -> Target:
        """A target like this one, whose store is faulty; it can be given wherever a target is taken."""
        faulty = _FaultyTarget(target.url, target.options)
        faulty.__dict__["store"] = FaultyStore(target.store, fault)
        return faulty

    def pass_through(
        self,
        name: str,
        work: Callable[[], Result],
        wrongly: Mapping[str, Callable[[], Result]] | None = None,
        undo: Callable[[Result], object] | None = None,
    ) -> Result:
        """The result of a call, unless it is one that fails.

        Args:
            name: Of the call.
            work: What it does.
            wrongly: What it does instead under a fault that does not show; the names say which. None for a call that reads.
            undo: Gives back what the call holds, when its answer is lost.
        """
        with self._lock:
            self.calls.append(name)
            fault = self.fault if self.fault and self.fault.strikes(len(self.calls)) else None
            # Reading takes no space and writes nothing short; nor does every call that writes have halves.
            if fault and not (fault.kind in ("short_write", "disk_full") and fault.kind not in (wrongly or ())):
                self.struck.append(name)
            else:
                fault = None
        if fault is None:
            return work()
        if fault.is_silent and wrongly and fault.kind in wrongly:
            return wrongly[fault.kind]()
        if fault.kind == "lost_response":
            done = work()
            if undo:
                undo(done)
        raise to_error(fault.to_foreign(), name, self.inner.url)

    @property
    def retry(self) -> Retry:
        """That of the store."""
        return self.inner.retry

    def uri(self, key: str) -> str:
        """That of the store."""
        return self.inner.uri(key)

    def filesystem(self) -> tuple[Any, str]:
        """That of the store: Arrow reads without faults."""
        return self.inner.filesystem()

    def check_usable(self) -> None:
        """As the store."""
        self.pass_through("check_usable", self.inner.check_usable)

    def create(self, key: str) -> Sink:
        """An object that is being written, whose calls are counted too."""
        full = {"disk_full": lambda: self.inner.create(key)}
        sink = self.pass_through("create", lambda: self.inner.create(key), full, lambda made: made.abort())
        return FaultySink(self, sink)

    def open(self, key: str) -> IO[bytes]:
        """As the store."""
        return self.pass_through("open", lambda: self.inner.open(key), undo=lambda file: file.close())

    def read(self, key: str) -> Blob | None:
        """As the store."""
        return self.pass_through("read", lambda: self.inner.read(key))

    def find(self, key: str) -> Entry | None:
        """As the store."""
        return self.pass_through("find", lambda: self.inner.find(key))

    def entries(self, prefix: str) -> Iterator[Entry]:
        """As the store, all at once."""
        return iter(self.pass_through("entries", lambda: list(self.inner.entries(prefix))))

    def folders(self, prefix: str) -> list[str]:
        """As the store."""
        return self.pass_through("folders", lambda: self.inner.folders(prefix))

    def delete(self, keys: Iterable[str]) -> None:
        """As the store; half of it is every other object."""
        named = list(keys)
        wrongly = {"error_body": lambda: None, "short_write": lambda: self.inner.delete(named[::2])}
        self.pass_through("delete", lambda: self.inner.delete(named), wrongly)

    def prune(self, prefix: str, before: datetime) -> None:
        """As the store."""
        self.pass_through("prune", lambda: self.inner.prune(prefix, before))

    def sweep(self, prefix: str, before: datetime, *, dry_run: bool) -> list[str]:
        """As the store."""
        return self.pass_through("sweep", lambda: self.inner.sweep(prefix, before, dry_run=dry_run))

    def put(self, key: str, data: bytes, expected: str | None) -> str:
        """As the store; half of it is the first half of the bytes."""

        def put_half() -> str:
            return self.inner.put(key, data[: len(data) // 2], expected)

        wrongly = {"error_body": lambda: "", "short_write": put_half, "disk_full": put_half}
        return self.pass_through("put", lambda: self.inner.put(key, data, expected), wrongly)

    def place(self, folder: str, moves: Mapping[str, str], lease: Lease) -> None:
        """As the store; half of it lacks the last file. A folder that is swapped has no halves: nothing is done."""
        some = dict(list(moves.items())[:-1])

        def place_some() -> None:
            if some and isinstance(self.inner, ObjectStore):
                self.inner.place(folder, some, lease)

        wrongly = {"error_body": lambda: None, "short_write": place_some, "disk_full": place_some}
        self.pass_through("place", lambda: self.inner.place(folder, moves, lease), wrongly)

    def add(self, folder: str, moves: Mapping[str, str], lease: Lease) -> None:
        """As the store; half of it lacks the last file."""
        some = dict(list(moves.items())[:-1])
        wrongly = dict.fromkeys(("short_write", "disk_full"), lambda: self.inner.add(folder, some, lease))
        wrongly["error_body"] = lambda: None
        self.pass_through("add", lambda: self.inner.add(folder, moves, lease), wrongly)

    def clear(self, folder: str, names: Iterable[str], lease: Lease) -> None:
        """As the store; half of it is every other file."""
        named = list(names)
        wrongly = {"error_body": lambda: None, "short_write": lambda: self.inner.clear(folder, named[::2], lease)}
        self.pass_through("clear", lambda: self.inner.clear(folder, named, lease), wrongly)

    def exclusive(self, key: str, wait: float) -> AbstractContextManager[Lease]:
        """As the store; where a lock is an object, its calls are counted."""
        if isinstance(self.inner, ObjectStore):
            return claiming(self, key, wait)
        return self._exclusive(key, wait)

    @contextmanager
    def _exclusive(self, key: str, wait: float) -> Iterator[Lease]:
        held = self.pass_through("exclusive", lambda: self.inner.exclusive(key, wait))
        with held as lease:
            yield lease


class FaultySink:
    """An object that is being written through a faulty store."""

    def __init__(self, store: FaultyStore, inner: Sink) -> None:
        self._store = store
        self._inner = inner

    def write(self, data: Any) -> int:
        """As the sink; half of it is the first half of the bytes."""
        view = memoryview(data).cast("B")

        def write_half() -> int:
            self._inner.write(view[: len(view) // 2])
            return len(view)

        wrongly = {"error_body": lambda: len(view), "short_write": write_half, "disk_full": write_half}
        return self._store.pass_through("sink.write", lambda: self._inner.write(view), wrongly)

    def commit(self) -> None:
        """As the sink; an error in the body leaves no object."""
        wrongly = {"error_body": self._inner.abort, "disk_full": self._inner.abort}
        self._store.pass_through("sink.commit", self._inner.commit, wrongly)

    def abort(self) -> None:
        """As the sink; it is what failures end in, and fails never."""
        self._inner.abort()


class _FaultyTarget(Target):
    """A target whose store was handed to it, and goes along to other processes."""

    def __getstate__(self) -> dict[str, Any]:
        return {**super().__getstate__(), "store": self.store}


def strike_each_call(target: Target, kind: str) -> Iterator[tuple[Target, FaultyStore]]:
    """Targets over one lake, of which the first fails at its first call, the next at its second, until one fails no more.

    Example:
        >>> for lake, store in strike_each_call(Target.open("memory://lake"), "reset"):
        ...     run_pipeline(lake)  # doctest: +SKIP

    Args:
        target: The lake.
        kind: One of `FAULTS`.

    Yields:
        A target, and its store, which tells what was struck.
    """
    for call in itertools.count(1):
        faulty = FaultyStore.around(target, Fault(kind, call))
        store = cast("FaultyStore", faulty.store)
        yield faulty, store
        if len(store.calls) < call:
            return
