"""Staged files: written and verified where nobody reads, in any process, until they are published or discarded."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Self

import pyarrow as pa

from tempdata_dagster.core.content import combine
from tempdata_dagster.core.errors import DataError, InputError, OutsideError
from tempdata_dagster.publish.keys import NO_KEYS, TableKeys
from tempdata_dagster.publish.layout import PartitionRef
from tempdata_dagster.publish.manifest import (
    Manifest,
    PartitionFacts,
    PublishedFile,
    describe_schema,
    library_versions,
    now,
)
from tempdata_dagster.publish.part import NOTE, StagedFile, stage_part
from tempdata_dagster.publish.protocol import PublishedPartition, publish_files

if TYPE_CHECKING:
    import pyarrow.dataset as pads

    from tempdata_dagster.publish.target import Target


class Staging:
    """The staging area of one partition in one run. As a context manager it discards what was not published."""

    def __init__(self, target: Target, ref: PartitionRef, run_id: str) -> None:
        self.target = target
        self.ref = ref
        self.run_id = run_id
        self._folder = ref.staging(run_id)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            self.discard()
        except OutsideError:
            # The error that ends the block, or the publication that worked, matters more; gc removes the rest.
            return

    def write_part(
        self,
        index: int,
        schema: pa.Schema,
        batches: Iterable[pa.RecordBatch],
        metadata: Mapping[str, str] | None = None,
        table_keys: TableKeys = NO_KEYS,
    ) -> StagedFile:
        """`stage_part` in this process."""
        return stage_part(self.target, self.ref, self.run_id, index, schema, batches, metadata or {}, table_keys)

    def files(self) -> list[StagedFile]:
        """The parts that are staged, in order, whichever processes wrote them.

        Raises:
            InputError: TD3023 when there is none, or one between them is missing.
            DataError: TD3024 when their schemas differ.
        """
        store = self.target.store
        # From the storage: parts may have come from other processes, and one that died left no note.
        notes = [entry.key for entry in store.entries(self._folder) if entry.key.endswith(NOTE)]
        blobs = [blob for key in notes if (blob := store.read(key)) is not None]
        staged = sorted((StagedFile(**json.loads(blob.data)) for blob in blobs), key=lambda file: file.index)
        if not staged or [file.index for file in staged] != list(range(len(staged))):
            indices = ", ".join(str(file.index) for file in staged) or "none"
            raise InputError("TD3023", f"{self.ref}: the staged parts are {indices}", "stage parts 0, 1, 2, ...")
        if len({file.arrow_schema for file in staged}) > 1:
            raise DataError("TD3024", f"{self.ref}: the staged parts have different schemas")
        return staged

    def open(self) -> pads.Dataset:
        """All staged rows, to audit them."""
        import pyarrow.dataset as pads

        filesystem, root = self.target.store.filesystem()
        # By name: their notes lie in the same folder, and so may a file that was given up.
        staged = self.files()
        keys = [f"{root}/{file.key}" for file in staged]
        # In the types of the rows, which those of the files may only stand for.
        return pads.dataset(keys, schema=self._schema(staged), format="parquet", filesystem=filesystem)

    def publish(self, facts: PartitionFacts) -> PublishedPartition:
        """Make the staged parts the whole of the partition, and end the staging.

        Raises:
            ConflictError: TD3020 when another run published meanwhile.
            InputError: TD3022 when the table is published in partitions of another length; TD3023; TD3026 when the
                folder holds what others have put there.
            OutsideError: Anything else that storage did: readers see the old version or the new one.
        """
        staged = self.files()
        manifest = self._describe(staged, facts)
        names = [file.name for file in manifest.files]
        # Whatever comes of it, the staged files are of no more use: another try stages its own.
        with self:
            moves = dict(zip(names, (file.key for file in staged), strict=True))
            return publish_files(self.target.store, manifest, moves, overwrite=self.target.overwrite)

    def describe(self, facts: PartitionFacts) -> Manifest:
        """The manifest that `publish` would write for what is staged.

        Raises:
            InputError: TD3023, as `files`.
        """
        return self._describe(self.files(), facts)

    def _describe(self, staged: list[StagedFile], facts: PartitionFacts) -> Manifest:
        name_of = self.target.format.part_name
        files = tuple(
            PublishedFile(
                name=name_of(one.index, len(staged), one.content_hash, one.sha256), rows=one.rows, bytes=one.bytes,
                sha256=one.sha256, content_hash=one.content_hash,
            )
            for one in staged
        )  # fmt: skip
        return Manifest(
            dataset=self.ref.dataset, table=self.ref.table, period=self.ref.period, key=self.ref.key,
            rows=sum(file.rows for file in files), bytes=sum(file.bytes for file in files),
            content_hash=combine(file.content_hash for file in files), files=files, facts=facts,
            format=self.target.format.name, format_options=self.target.format.settings,
            table_keys=TableKeys.model_validate_json(staged[0].table_keys or "{}"),
            run_id=self.run_id, published_at=now(), libraries=library_versions(),
            **describe_schema(self._schema(staged)),
        )  # fmt: skip

    @staticmethod
    def _schema(staged: list[StagedFile]) -> pa.Schema:
        from base64 import b64decode

        return pa.ipc.read_schema(pa.BufferReader(b64decode(staged[0].arrow_schema)))

    def discard(self) -> None:
        """Remove whatever of this partition is staged."""
        store = self.target.store
        store.delete([entry.key for entry in store.entries(self._folder)])
