"""Staged files: written and verified where nobody reads, in any process, until they are published or discarded."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Self

import pyarrow as pa
import xxhash

from tempdata_dagster.core.content import combine
from tempdata_dagster.core.errors import DataError, InputError, OutsideError, TerminalError
from tempdata_dagster.publish.failure import mapping_errors
from tempdata_dagster.publish.layout import PartitionRef, part_name
from tempdata_dagster.publish.manifest import (
    Manifest,
    PartitionFacts,
    PublishedFile,
    describe_schema,
    library_versions,
    now,
)
from tempdata_dagster.publish.protocol import PublishedPartition, publish_files

if TYPE_CHECKING:
    import pyarrow.dataset as pads

    from tempdata_dagster.publish.formats.base import Written
    from tempdata_dagster.publish.target import Target

READ_BYTES = 1 << 20


@dataclass(frozen=True)
class StagedFile:
    """One part of a partition, staged and read back.

    Attributes:
        index: Its place among the parts, from 0.
        key: Where it is staged.
        sha256: Of the file's bytes, as they were read back.
        content_hash: Of its Arrow content.
        arrow_schema: As in a manifest.
    """

    index: int
    key: str
    rows: int
    bytes: int
    sha256: str
    content_hash: str
    arrow_schema: str


def stage_part(
    target: Target,
    ref: PartitionRef,
    run_id: str,
    index: int,
    schema: pa.Schema,
    batches: Iterable[pa.RecordBatch],
    metadata: Mapping[str, str],
) -> StagedFile:
    """Write one part of a partition and read it back; may run in any process.

    Memory is bounded by one row group and one batch. When `batches` raises, nothing is left behind.

    Args:
        target: The lake.
        ref: The partition.
        run_id: As given to `Target.stage`.
        index: Which part: 0, 1, 2, ...
        schema: Of all batches.
        batches: The rows. None at all make a file of 0 rows, from which readers learn the schema.
        metadata: Written to the file's footer, each name after `tempdata.`.

    Raises:
        OutsideError: TD3010 to TD3014 for what the storage did; TD3021 when it does not hold what was written.
    """
    store = target.store
    key = f"{ref.staging(run_id)}/part-{index:05d}.parquet"
    written = target.format.write(store.create(key), schema, batches, metadata)
    described = describe_schema(schema)["arrow_schema"]
    try:
        sha256 = verify_staged(target, key, written, schema)
        staged = StagedFile(index, key, written.rows, written.bytes, sha256, written.content_hash, described)
        write_note(target, staged)
    except BaseException:
        store.delete([key])
        raise
    return staged


def write_note(target: Target, staged: StagedFile) -> None:
    """Store a part's facts beside it, for the process that publishes."""
    note = target.store.create(staged.key.removesuffix(".parquet") + ".json")
    try:
        note.write(json.dumps(asdict(staged)).encode())
        note.commit()
    # A part whose facts are lost cannot be published: nobody would know how many rows it was to hold.
    except BaseException:
        note.abort()
        raise


def verify_staged(target: Target, key: str, written: Written, schema: pa.Schema) -> str:
    """Read a staged file again; returns the SHA-256 of its bytes.

    Raises:
        TerminalError: TD3021 when rows, schema or bytes are not what was written.
    """
    store, uri = target.store, target.store.uri(key)
    damaged = TerminalError(
        "TD3021", f"{uri} does not hold what was written to it", "check the storage, then run again"
    )
    # In one pass: the quick checksum compares with what was written, the SHA-256 is for the manifest.
    sha256, checksum = hashlib.sha256(), xxhash.xxh3_128()
    with mapping_errors("read", uri), store.open(key) as file:
        while chunk := file.read(READ_BYTES):
            sha256.update(chunk)
            checksum.update(chunk)
    if checksum.hexdigest() != written.checksum:
        raise damaged
    # Opened anew, as a reader will: Parquet begins at the end of a file.
    with mapping_errors("read", uri), store.open(key) as file:
        try:
            rows, stored = target.format.inspect(file)
        except pa.ArrowException as error:
            raise damaged from error
    if rows != written.rows or not stored.equals(schema.remove_metadata()):
        raise damaged
    return sha256.hexdigest()


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
    ) -> StagedFile:
        """`stage_part` in this process."""
        return stage_part(self.target, self.ref, self.run_id, index, schema, batches, metadata or {})

    def files(self) -> list[StagedFile]:
        """The parts that are staged, in order, whichever processes wrote them.

        Raises:
            InputError: TD3023 when there is none, or one between them is missing.
            DataError: TD3024 when their schemas differ.
        """
        store = self.target.store
        # From the storage: parts may have come from other processes, and one that died left no note.
        notes = [entry.key for entry in store.entries(self._folder) if entry.key.endswith(".json")]
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
        keys = [f"{root}/{file.key}" for file in self.files()]
        return pads.dataset(keys, format="parquet", filesystem=filesystem)

    def publish(self, facts: PartitionFacts) -> PublishedPartition:
        """Make the staged parts the whole of the partition, and end the staging.

        Raises:
            ConflictError: TD3020 when another run published meanwhile.
            InputError: TD3022 when the table is published in partitions of another length; TD3023.
            OutsideError: Anything else that storage did: readers see the old version or the new one.
        """
        staged = self.files()
        names = [part_name(file.index, len(staged), file.content_hash) for file in staged]
        manifest = self._manifest(staged, names, facts)
        # Whatever comes of it, the staged files are of no more use: another try stages its own.
        with self:
            moves = dict(zip(names, (file.key for file in staged), strict=True))
            return publish_files(self.target.store, manifest, moves)

    def _manifest(self, staged: list[StagedFile], names: list[str], facts: PartitionFacts) -> Manifest:
        files = tuple(
            PublishedFile(name=name, rows=one.rows, bytes=one.bytes, sha256=one.sha256, content_hash=one.content_hash)
            for name, one in zip(names, staged, strict=True)
        )
        return Manifest(
            dataset=self.ref.dataset, table=self.ref.table, period=self.ref.period, key=self.ref.key,
            rows=sum(file.rows for file in files), bytes=sum(file.bytes for file in files),
            content_hash=combine(file.content_hash for file in files), files=files, facts=facts,
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
