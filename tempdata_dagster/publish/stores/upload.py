"""Objects on their way up: small ones whole, large ones by parts side by side, and nothing left of one that is given up."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol

from tempdata_dagster.core.errors import OutsideError

if TYPE_CHECKING:
    from tempdata_dagster.publish.stores.object import ObjectStore


class Upload(Protocol):
    """An upload by parts, as one storage does it. Every method is safe to repeat."""

    def send(self, number: int, offset: int, data: bytes, *, last: bool) -> None:
        """Send part `number` (from 0), which begins at byte `offset`. Called from several threads where `Upload` may."""

    def complete(self) -> None:
        """Make the object of its parts. What is answered must mean that it is there."""

    def abort(self) -> None:
        """Free what was sent."""


class ObjectSink:
    """An object being uploaded; `abort` gives up the upload, so that nothing short is ever left in place.

    Holds at most `concurrency` parts that are on their way, and the one that is being filled.
    """

    def __init__(self, store: ObjectStore, key: str) -> None:
        self._store = store
        self._key = key
        self._buffer = bytearray()
        self._size = 0
        self._sent = 0
        self._upload: Upload | None = None
        self._pool: ThreadPoolExecutor | None = None
        self._parts: deque[Future[None]] = deque()

    def write(self, data: Any) -> int:
        """Buffer bytes, and send them by the part."""
        view = memoryview(data).cast("B")
        self._buffer += view
        self._size += len(view)
        size = self._store.transfer.part_size
        # One byte more than a part: the last part must be known as such when it is sent.
        while len(self._buffer) > size:
            part = bytes(memoryview(self._buffer)[:size])
            del self._buffer[:size]
            self._send(part, last=False)
        return len(view)

    def commit(self) -> None:
        """Send the rest and complete the upload; the storage must then hold as many bytes as were written."""
        if self._upload is None:
            self._call(lambda: self._store.write_whole(self._store.path(self._key), bytes(self._buffer)))
            self._buffer.clear()
            return
        self._send(bytes(self._buffer), last=True)
        self._buffer.clear()
        while self._parts:
            self._parts.popleft().result()
        self._call(self._complete)
        self._close_pool()

    def _complete(self) -> None:
        upload = self._upload
        try:
            if upload is not None:
                upload.complete()
        except Exception:
            # An answer that was lost: keys are never used twice, so an object of this size is this one.
            found = self._store.find_once(self._key)
            if found is None or found.size != self._size:
                raise

    def _send(self, data: bytes, *, last: bool) -> None:
        if self._upload is None:
            self._upload = self._call(lambda: self._store.begin_upload(self._store.path(self._key)))
        number, offset = self._sent, self._sent * self._store.transfer.part_size
        self._sent += 1
        upload, side_by_side = self._upload, self._store.parts_side_by_side

        def send() -> None:
            self._call(lambda: upload.send(number, offset, data, last=last))

        if not side_by_side or self._store.transfer.concurrency == 1:
            send()
            return
        self._pool = self._pool or ThreadPoolExecutor(self._store.transfer.concurrency)
        while len(self._parts) >= self._store.transfer.concurrency:
            self._parts.popleft().result()
        self._parts.append(self._pool.submit(send))

    def _call(self, attempt: Callable[[], Any]) -> Any:
        return self._store.call("write", self._key, attempt)

    def _close_pool(self) -> None:
        if self._pool is not None:
            for part in self._parts:
                part.cancel()
            # A part that is still on its way would land after the upload was given up, and be kept for ever.
            wait(self._parts)
            self._pool.shutdown()
            self._pool = None

    def abort(self) -> None:
        """Give the upload up, and remove what may have been stored already."""
        self._buffer.clear()
        self._close_pool()
        upload, self._upload = self._upload, None
        if upload is not None:
            # The error that made us give up matters more; what is left is found by `sweep`.
            with suppress(OutsideError):
                self._store.call("remove", self._key, upload.abort)
        with suppress(OutsideError):
            self._store.delete([self._key])
