"""Azure Blob Storage and Data Lake Gen2, by adlfs. Conditional writes: `If-None-Match: *` and `If-Match: <ETag>`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from tempdata_dagster.publish.stores.base import STORES
from tempdata_dagster.publish.stores.object import ObjectStore


@STORES.register("abfs")
@STORES.register("abfss")
@STORES.register("az")
class AzureStore(ObjectStore):
    """Blobs in a container; adlfs hands the preconditions on to the Azure SDK."""

    protocol: ClassVar[str] = "abfs"
    extra: ClassVar[str] = "azure"

    def version_of(self, facts: Mapping[str, Any]) -> str:
        """The blob's ETag."""
        return str(facts.get("etag") or "").strip('"')

    def write_if(self, path: str, data: bytes, expected: str | None) -> str:
        """One upload with a precondition."""
        from azure.core import MatchConditions

        if expected is None:
            answer = self.fs.pipe_file(path, data, overwrite=False)
        else:
            condition = {"etag": f'"{expected}"', "match_condition": MatchConditions.IfNotModified}
            answer = self.fs.pipe_file(path, data, overwrite=True, **condition)
        return str(answer["etag"]).strip('"')
