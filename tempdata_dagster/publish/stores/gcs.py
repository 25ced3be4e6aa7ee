"""Google Cloud Storage, by gcsfs. Conditional writes: `ifGenerationMatch`, 0 for "if there is none"."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from io import BytesIO
from typing import Any, ClassVar
from urllib.parse import quote

from tempdata_dagster.core.errors import TransientError
from tempdata_dagster.publish.stores.base import STORES
from tempdata_dagster.publish.stores.object import ObjectStore
from tempdata_dagster.publish.stores.transfer import BLOCK

_BINARY = {"Content-Type": "application/octet-stream"}


@cache
def client_class() -> Any:
    """A class of gcsfs without its six tries for each request, which nothing else switches off."""
    from gcsfs import GCSFileSystem

    single = getattr(GCSFileSystem._request, "__wrapped__", GCSFileSystem._request)  # noqa: SLF001 - its only seam
    return type("SingleTryGCSFileSystem", (GCSFileSystem,), {"_request": single})


class GcsUpload:
    """A resumable upload: one part after the other, each of which may be sent again."""

    def __init__(self, store: GcsStore, path: str) -> None:
        self._store = store
        bucket, key, _ = store.fs.split_path(path)
        headers, _ = store.fs.call(
            "POST", store.upload_url(bucket), uploadType="resumable", name=key, headers=_BINARY, data=b""
        )
        self._path = path
        self._session = headers.get("Location", "")
        if not self._session:
            raise TransientError("TD3010", "the storage began an upload without saying where", "run again")
        self._tried: set[int] = set()

    def send(self, number: int, offset: int, data: bytes, *, last: bool) -> None:
        """What the storage has of the part already, after a try that failed, is not sent again."""
        end = offset + len(data)
        total = str(end) if last else "*"
        held = self._ask(total, offset, end) if number in self._tried else offset
        self._tried.add(number)
        while held < end:
            headers = {**_BINARY, "Content-Range": f"bytes {held}-{end - 1}/{total}"}
            before, held = held, self._put(headers, data[held - offset :])
            if held <= before:
                raise TransientError("TD3010", f"{self._store.protocol}:// took nothing of a part", "run again")

    def _ask(self, total: str, offset: int, end: int) -> int:
        try:
            return max(offset, self._put({"Content-Range": f"bytes */{total}", "Content-Length": "0"}, b""))
        except FileNotFoundError:
            # An upload that is complete may be forgotten; keys are never used twice, so an object of its size is its own.
            if total == "*" or int(self._store.fs.info(self._path)["size"]) != end:
                raise
            return end

    def _put(self, headers: dict[str, str], data: bytes) -> int:
        # Not PUT, which aiohttp sends again by itself when a connection breaks, from where nobody asked it to.
        answer, body = self._store.fs.call("POST", self._session, headers=headers, data=BytesIO(data))
        # 308 says in a header what is stored so far, in whole blocks; 200 has the finished object for a body.
        stored = answer.get("Range", "").rpartition("-")[2]
        if stored:
            return (int(stored) + 1) // BLOCK * BLOCK
        return int(json.loads(body)["size"]) if body.strip() else 0

    def complete(self) -> None:
        """The last part made the object."""

    def abort(self) -> None:
        """End the session; the storage answers 499, and forgets what was sent."""
        try:
            self._store.fs.call("DELETE", self._session, headers={"Content-Length": "0"})
        except FileNotFoundError:
            return


@STORES.register("gs")
@STORES.register("gcs")
class GcsStore(ObjectStore):
    """Objects in a GCS bucket.

    gcsfs has no public call for a conditional replacement, so that the upload is one request by its generic `call`. The parts
    of an upload go one after the other; copies and removals side by side.
    """

    protocol: ClassVar[str] = "gs"
    extra: ClassVar[str] = "gcs"
    parts_side_by_side: ClassVar[bool] = False

    def connect(self, options: dict[str, Any]) -> Any:
        """The client, with one try for each request."""
        from aiohttp import ClientTimeout

        timeout = ClientTimeout(sock_connect=self.transfer.timeout, sock_read=self.transfer.timeout)
        return client_class()(**{"requests_timeout": timeout, **options})

    def upload_url(self, bucket: str) -> str:
        """Where objects of a bucket are sent to."""
        return f"{self.fs._location}/upload/storage/v1/b/{quote(bucket)}/o"  # noqa: SLF001 - gcsfs names it nowhere else

    def version_of(self, facts: Mapping[str, Any]) -> str:
        """The object's generation."""
        return str(facts.get("generation") or "")

    def _upload(self, path: str, data: bytes, **condition: str) -> str:
        bucket, key, _ = self.fs.split_path(path)
        answer = self.fs.call(
            "POST", self.upload_url(bucket), uploadType="media", name=key, headers=_BINARY, data=BytesIO(data), json_out=True,
            **condition,
        )  # fmt: skip
        return str(answer["generation"])

    def find_bucket(self, bucket: str) -> None:
        """By the one request that an empty bucket answers too."""
        self.fs.call("GET", f"b/{quote(bucket)}")

    def write_if(self, path: str, data: bytes, expected: str | None) -> str:
        """One simple upload with a precondition."""
        return self._upload(path, data, ifGenerationMatch=expected or "0")

    def write_whole(self, path: str, data: bytes) -> None:
        """One simple upload."""
        self._upload(path, data)

    def begin_upload(self, path: str) -> GcsUpload:
        """A resumable upload."""
        return GcsUpload(self, path)

    def fetch(self, path: str, start: int, end: int, version: str) -> bytes:
        """A range, of this generation."""
        return bytes(self.fs.cat_file(path, start=start, end=end, generation=version or None))
