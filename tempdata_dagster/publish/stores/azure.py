"""Azure Blob Storage and Data Lake Gen2, by adlfs. Conditional writes: `If-None-Match: *` and `If-Match: <ETag>`."""

from __future__ import annotations

import base64
import re
from collections.abc import Awaitable, Callable, Mapping
from functools import cache
from io import BytesIO
from typing import Any, ClassVar

from tempdata_dagster.core.errors import TerminalError
from tempdata_dagster.publish.stores.base import STORES
from tempdata_dagster.publish.stores.object import ObjectStore

# `abfs://container@account.dfs.core.windows.net/folder`, as Hadoop and Spark write it.
_ACCOUNT = re.compile(r"(?P<scheme>\w+)://(?P<container>[^/@]+)@(?P<account>[^/.@]+)\.(?P<host>[^/]+)(?P<rest>/.*)?")


@cache
def client_class() -> Any:
    """A class of adlfs whose service client makes one try for each request; adlfs hands no such setting on."""
    from adlfs import AzureBlobFileSystem

    def connect(self: Any) -> None:
        AzureBlobFileSystem.do_connect(self)
        for policy in self.service_client._pipeline._impl_policies:  # noqa: SLF001 - the SDK's pipeline has no public face
            if hasattr(policy, "total_retries"):
                policy.total_retries = 0

    return type("SingleTryAzureBlobFileSystem", (AzureBlobFileSystem,), {"do_connect": connect})


class AzureUpload:
    """A block blob: blocks in any order, then their list."""

    def __init__(self, store: AzureStore, path: str) -> None:
        self._store = store
        self._path = path
        self._numbers: set[int] = set()

    @staticmethod
    def _name(number: int) -> str:
        # All names of one blob's blocks must be of one length.
        return base64.b64encode(f"{number:06d}".encode()).decode()

    def send(self, number: int, offset: int, data: bytes, *, last: bool) -> None:  # noqa: ARG002 - the interface
        """One block; sent twice, the later replaces the earlier."""
        self._store.on_blob(self._path, lambda blob: blob.stage_block(self._name(number), BytesIO(data), len(data)))
        self._numbers.add(number)

    def complete(self) -> None:
        """Make the blob of its blocks."""
        names = [self._name(number) for number in sorted(self._numbers)]
        self._store.on_blob(self._path, lambda blob: blob.commit_block_list(names))

    def abort(self) -> None:
        """Azure keeps blocks that nobody commits for a week; a list that names none of them drops them at once."""
        self._store.on_blob(self._path, lambda blob: blob.commit_block_list([]))


@STORES.register("abfs")
@STORES.register("abfss")
@STORES.register("az")
class AzureStore(ObjectStore):
    """Blobs in a container, as `abfs://container/folder` or `abfs://container@account.dfs.core.windows.net/folder`.

    The account is in the URL, in `account_name` or in the environment.
    """

    protocol: ClassVar[str] = "abfs"
    extra: ClassVar[str] = "azure"

    def __init__(self, url: str, options: Mapping[str, Any]) -> None:
        match = _ACCOUNT.fullmatch(url)
        named: dict[str, Any] = {}
        # adlfs itself takes the account out of a URL only when fsspec is handed the URL.
        if match and "connection_string" not in options:
            named = {"account_name": match["account"]}
            if match["host"] not in ("dfs.core.windows.net", "blob.core.windows.net"):
                named["account_host"] = f"{match['account']}.{match['host'].replace('dfs.', 'blob.', 1)}"
        super().__init__(url, {**named, **options})

    def connect(self, options: dict[str, Any]) -> Any:
        """The client, with one try for each request."""
        timeouts = {"connection_timeout": self.transfer.timeout, "read_timeout": self.transfer.timeout}
        return client_class()(**{**timeouts, **options})

    def on_blob(self, path: str, work: Callable[[Any], Awaitable[Any]]) -> Any:
        """The result of a call of the SDK on a blob.

        Raises:
            FileNotFoundError: There is no such blob.
        """
        from azure.core.exceptions import ResourceNotFoundError
        from fsspec.asyn import sync

        container, name, _ = self.fs.split_path(path)

        async def run() -> Any:
            async with self.fs.service_client.get_blob_client(container, name) as blob:
                return await work(blob)

        try:
            return sync(self.fs.loop, run)
        except ResourceNotFoundError as error:
            raise FileNotFoundError(str(error)) from error

    def version_of(self, facts: Mapping[str, Any]) -> str:
        """The blob's ETag."""
        return str(facts.get("etag") or "").strip('"')

    def _upload(self, path: str, data: bytes, **condition: Any) -> str:
        answer = self.on_blob(path, lambda blob: blob.upload_blob(BytesIO(data), length=len(data), **condition))
        return str(answer["etag"]).strip('"')

    def write_if(self, path: str, data: bytes, expected: str | None) -> str:
        """One upload with a precondition."""
        from azure.core import MatchConditions

        if expected is None:
            return self._upload(path, data, overwrite=False)
        return self._upload(
            path, data, overwrite=True, etag=f'"{expected}"', match_condition=MatchConditions.IfNotModified
        )

    def write_whole(self, path: str, data: bytes) -> None:
        """One upload."""
        self._upload(path, data, overwrite=True)

    def begin_upload(self, path: str) -> AzureUpload:
        """Blocks."""
        return AzureUpload(self, path)

    def fetch(self, path: str, start: int, end: int, version: str) -> bytes:
        """A range, of this ETag."""
        from azure.core import MatchConditions

        condition = {"etag": f'"{version}"', "match_condition": MatchConditions.IfNotModified} if version else {}

        async def get(blob: Any) -> bytes:
            stream = await blob.download_blob(start, end - start, **condition)
            return bytes(await stream.readall())

        return bytes(self.on_blob(path, get))

    def copy(self, source: str, target: str) -> None:
        """Copy a blob; Azure may answer before the copy is there."""
        # Here: all stores are imported together, and this takes longer than all of them.
        import asyncio

        container, name, _ = self.fs.split_path(source)
        url = self.fs.service_client.get_blob_client(container, name).url

        async def run(blob: Any) -> None:
            copied = (await blob.start_copy_from_url(url))["copy_status"]
            while copied == "pending":
                await asyncio.sleep(0.2)
                copied = (await blob.get_blob_properties()).copy.status
            if copied != "success":
                raise TerminalError("TD3014", f"cannot copy {source}: Azure says {copied}")

        self.on_blob(target, run)
