"""Amazon S3 and what speaks its protocol, by s3fs. Conditional writes: `If-None-Match: *` and `If-Match: <ETag>`."""

from __future__ import annotations

from typing import Any, ClassVar

from tempdata_dagster.publish.stores.base import STORES
from tempdata_dagster.publish.stores.object import ObjectStore


@STORES.register("s3")
class S3Store(ObjectStore):
    """Objects in an S3 bucket. Exact: S3 itself compares versions while it writes."""

    protocol: ClassVar[str] = "s3"
    extra: ClassVar[str] = "s3"

    def write_if(self, path: str, data: bytes, expected: str | None) -> str:
        """One PUT with a precondition."""
        bucket, key, _ = self.fs.split_path(path)
        condition: dict[str, Any] = {"IfNoneMatch": "*"} if expected is None else {"IfMatch": f'"{expected}"'}
        # By the raw call: where s3fs writes, it knows `IfNoneMatch` and no `IfMatch`.
        answer = self.fs.call_s3("put_object", Bucket=bucket, Key=key, Body=data, **condition)
        self.fs.invalidate_cache(path)
        return str(answer["ETag"]).strip('"')
