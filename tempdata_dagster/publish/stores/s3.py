"""Amazon S3 and what speaks its protocol, by s3fs. Conditional writes: `If-None-Match: *` and `If-Match: <ETag>`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any, ClassVar

from tempdata_dagster.core.errors import TransientError
from tempdata_dagster.publish.layout import is_staged
from tempdata_dagster.publish.stores.base import STORES
from tempdata_dagster.publish.stores.object import ObjectStore


@cache
def client_class() -> Any:
    """A class of s3fs without retries of its own: fsspec shares instances between all who ask for the same class."""
    from s3fs import S3FileSystem

    return type("SingleTryS3FileSystem", (S3FileSystem,), {"retries": 1})


def tag_of(answer: Mapping[str, Any]) -> str:
    """The ETag in the answer to a write.

    Raises:
        TransientError: There is none, whatever the status: an error in the body of an answer that says 200.
    """
    tag = str(answer.get("ETag") or "").strip('"')
    if not tag:
        raise TransientError("TD3010", "the storage confirmed a write without an ETag", "run again")
    return tag


class S3Upload:
    """A multipart upload."""

    def __init__(self, store: S3Store, path: str) -> None:
        self._store = store
        bucket, key, _ = store.fs.split_path(path)
        self._place = {"Bucket": bucket, "Key": key}
        self._place["UploadId"] = store.fs.call_s3("create_multipart_upload", **self._place)["UploadId"]
        self._tags: dict[int, str] = {}

    def send(self, number: int, offset: int, data: bytes, *, last: bool) -> None:  # noqa: ARG002 - the interface
        """One part; sent twice, the later replaces the earlier."""
        answer = self._store.fs.call_s3("upload_part", PartNumber=number + 1, Body=data, **self._place)
        self._tags[number] = tag_of(answer)

    def complete(self) -> None:
        """The object is there once S3 answers with its ETag."""
        parts = [{"PartNumber": number + 1, "ETag": f'"{tag}"'} for number, tag in sorted(self._tags.items())]
        answer = self._store.fs.call_s3("complete_multipart_upload", MultipartUpload={"Parts": parts}, **self._place)
        tag_of(answer)

    def abort(self) -> None:
        """Parts that are not aborted are kept, and paid for."""
        try:
            self._store.fs.call_s3("abort_multipart_upload", **self._place)
        except FileNotFoundError:
            return  # aborted or completed already


@STORES.register("s3")
class S3Store(ObjectStore):
    """Objects in an S3 bucket. Exact: S3 itself compares versions while it writes.

    Options beside those of `Transfer`: `profile` (of `~/.aws/config`), `endpoint_url`, `client_kwargs`, `config_kwargs`.
    """

    protocol: ClassVar[str] = "s3"
    extra: ClassVar[str] = "s3"

    def connect(self, options: dict[str, Any]) -> Any:
        """The client, with one try for each request; botocore would make five of each."""
        config = {
            "connect_timeout": self.transfer.timeout,
            "read_timeout": self.transfer.timeout,
            "max_pool_connections": max(10, 2 * self.transfer.concurrency),
            "retries": {"total_max_attempts": 1, "mode": "standard"},
            **options.pop("config_kwargs", {}),
        }
        return client_class()(**options, config_kwargs=config)

    def find_bucket(self, bucket: str) -> None:
        """By the one request that an empty bucket answers too."""
        self.fs.call_s3("head_bucket", Bucket=bucket)

    def write_if(self, path: str, data: bytes, expected: str | None) -> str:
        """One PUT with a precondition."""
        bucket, key, _ = self.fs.split_path(path)
        condition: dict[str, Any] = {"IfNoneMatch": "*"} if expected is None else {"IfMatch": f'"{expected}"'}
        # By the raw call: where s3fs writes, it knows `IfNoneMatch` and no `IfMatch`.
        return tag_of(self.fs.call_s3("put_object", Bucket=bucket, Key=key, Body=data, **condition))

    def write_whole(self, path: str, data: bytes) -> None:
        """One PUT."""
        bucket, key, _ = self.fs.split_path(path)
        tag_of(self.fs.call_s3("put_object", Bucket=bucket, Key=key, Body=data))

    def begin_upload(self, path: str) -> S3Upload:
        """A multipart upload."""
        return S3Upload(self, path)

    def fetch(self, path: str, start: int, end: int, version: str) -> bytes:
        """A range, of this ETag."""
        from fsspec.asyn import sync

        bucket, key, _ = self.fs.split_path(path)

        async def get() -> bytes:
            condition = {"IfMatch": f'"{version}"'} if version else {}
            answer = await self.fs._call_s3(  # noqa: SLF001 - body and answer must be awaited on the same loop
                "get_object", Bucket=bucket, Key=key, Range=f"bytes={start}-{end - 1}", **condition
            )
            async with answer["Body"] as body:
                return bytes(await body.read())

        return bytes(sync(self.fs.loop, get))

    def sweep(self, prefix: str, before: datetime, *, dry_run: bool) -> list[str]:
        """Abort the multipart uploads of staged keys that were begun before a moment, and are nobody's any more."""
        bucket, folder, _ = self.fs.split_path(self.path(prefix))

        def listed() -> list[dict[str, Any]]:
            found: list[dict[str, Any]] = []
            after: dict[str, str] = {}
            while True:
                page = self.fs.call_s3("list_multipart_uploads", Bucket=bucket, Prefix=f"{folder}/", **after)
                found += page.get("Uploads", [])
                if not page.get("IsTruncated"):
                    return found
                after = {"KeyMarker": page["NextKeyMarker"], "UploadIdMarker": page["NextUploadIdMarker"]}

        swept = []
        for upload in self.call("list", prefix, listed):
            key = self.key(f"{bucket}/{upload['Key']}")
            if upload["Initiated"] > before or not is_staged(key):
                continue
            swept.append(key)
            if not dry_run:
                place = {"Bucket": bucket, "Key": upload["Key"], "UploadId": upload["UploadId"]}
                self.call("remove", key, lambda place=place: self._abort(place))  # type: ignore[misc]
        return swept

    def _abort(self, place: Mapping[str, str]) -> None:
        try:
            self.fs.call_s3("abort_multipart_upload", **place)
        except FileNotFoundError:
            return
