"""Google Cloud Storage, by gcsfs. Conditional writes: `ifGenerationMatch`, 0 for "if there is none"."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import quote

from tempdata_dagster.publish.stores.base import STORES
from tempdata_dagster.publish.stores.object import ObjectStore


@STORES.register("gs")
@STORES.register("gcs")
class GcsStore(ObjectStore):
    """Objects in a GCS bucket.

    gcsfs has no public call for a conditional replacement, so that the upload is one request by its generic `call`.
    """

    protocol: ClassVar[str] = "gs"
    extra: ClassVar[str] = "gcs"

    def version_of(self, facts: Mapping[str, Any]) -> str:
        """The object's generation."""
        return str(facts.get("generation") or "")

    def write_if(self, path: str, data: bytes, expected: str | None) -> str:
        """One simple upload with a precondition."""
        bucket, key, _ = self.fs.split_path(path)
        answer = self.fs.call(
            "POST",
            f"{self.fs._location}/upload/storage/v1/b/{quote(bucket)}/o",  # noqa: SLF001 - gcsfs names it nowhere else
            uploadType="media",
            name=key,
            ifGenerationMatch=expected or "0",
            headers={"Content-Type": "application/octet-stream"},
            data=data,
            json_out=True,
        )
        self.fs.invalidate_cache(path)
        return str(answer["generation"])
