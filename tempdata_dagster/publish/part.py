"""One part of a partition, written once to every place that it goes to, and read back from each."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import pyarrow as pa
import xxhash

from tempdata_dagster.core.content import ContentHash
from tempdata_dagster.core.errors import OutsideError, TerminalError, TransientError
from tempdata_dagster.publish.failure import mapping_errors
from tempdata_dagster.publish.formats.base import FileLabel
from tempdata_dagster.publish.formats.writer import PartWriter, fit
from tempdata_dagster.publish.keys import NO_KEYS, TableKeys
from tempdata_dagster.publish.layout import PartitionRef
from tempdata_dagster.publish.manifest import describe_schema

if TYPE_CHECKING:
    from tempdata_dagster.publish.formats.base import Written
    from tempdata_dagster.publish.target import Target

READ_BYTES = 1 << 20
NOTE = ".note"


@dataclass(frozen=True)
class StagedFile:
    """One part of a partition, staged and read back.

    Attributes:
        index: Its place among the parts, from 0.
        key: Where it is staged.
        sha256: Of the file's bytes, as they were read back.
        content_hash: Of its Arrow content.
        arrow_schema: As in a manifest.
        table_keys: Those of the table, as in a manifest.
    """

    index: int
    key: str
    rows: int
    bytes: int
    sha256: str
    content_hash: str
    arrow_schema: str
    table_keys: str = ""


def stage_part(
    target: Target,
    ref: PartitionRef,
    run_id: str,
    index: int,
    schema: pa.Schema,
    batches: Iterable[pa.RecordBatch],
    metadata: Mapping[str, str],
    table_keys: TableKeys = NO_KEYS,
) -> StagedFile:
    """`stage_parts` for a single target."""
    return stage_parts((target,), ref, run_id, index, schema, batches, metadata, table_keys)[0]


def stage_parts(
    targets: Sequence[Target],
    ref: PartitionRef,
    run_id: str,
    index: int,
    schema: pa.Schema,
    batches: Iterable[pa.RecordBatch],
    metadata: Mapping[str, str],
    table_keys: TableKeys = NO_KEYS,
) -> list[StagedFile]:
    """Write one part of a partition to every target in one pass, and read each file back; may run in any process.

    Memory is bounded by one chunk of each format and one batch. When anything fails, nothing is left behind.

    Args:
        targets: The lakes, each with its own format.
        ref: The partition.
        run_id: As given to `Target.stage`.
        index: Which part: 0, 1, 2, ...
        schema: Of all batches.
        batches: The rows. None at all make a file of 0 rows, from which readers learn the schema.
        metadata: Written to the file where it has a place for it, each name after `tempdata.`.
        table_keys: What SQL files declare, and manifests keep.

    Returns:
        What was staged, in the order of the targets.

    Raises:
        OutsideError: TD3010 to TD3014 for what the storage did; TD3021 when it does not hold what was written.
        DataError: TD3045 when a format cannot hold a cell.
    """
    label = FileLabel(metadata, table_keys, ref.dataset, ref.table, index)
    places = [(target, staged_key(target, ref, run_id, index)) for target in targets]
    described = describe_schema(schema)["arrow_schema"]
    staged = []
    finished: list[Written] = []
    try:
        _write(places, schema, batches, label, finished)
        for (target, key), facts in zip(places, finished, strict=True):
            sha256 = verify_staged(target, key, facts, schema)
            file = StagedFile(
                index, key, facts.rows, facts.bytes, sha256, facts.content_hash, described, table_keys.model_dump_json()
            )
            write_note(target, file)
            staged.append(file)
    # Staged everywhere or nowhere: a part that one of them lacks is of no use to the others.
    except BaseException:
        with suppress(OutsideError):
            # Only what is there: what could not even be begun may be in a folder that is none of ours.
            for target, key in places[: len(finished)]:
                target.store.delete([key, _note_of(key)])
        raise
    return staged


def _write(
    places: Sequence[tuple[Target, str]],
    schema: pa.Schema,
    batches: Iterable[pa.RecordBatch],
    label: FileLabel,
    finished: list[Written],
) -> None:
    """Write every file; `finished` grows by each that is stored."""
    content = ContentHash(schema)
    with ExitStack() as stack:
        writers = [
            stack.enter_context(PartWriter(target.format, target.store.create(key), schema, label))
            for target, key in places
        ]
        for given in batches:
            batch = fit(given, schema)
            content.update(batch)
            for writer in writers:
                writer.write(batch)
        for writer in writers:
            finished.append(writer.finish(content))  # noqa: PERF401 - what is finished before one fails must be known


def staged_key(target: Target, ref: PartitionRef, run_id: str, index: int) -> str:
    """Where a part of a partition is staged."""
    return f"{ref.staging(run_id)}/part-{index:05d}{target.format.suffix}"


def _note_of(key: str) -> str:
    folder, _, name = key.rpartition("/")
    return f"{folder}/{name.partition('.')[0]}{NOTE}"


def write_note(target: Target, staged: StagedFile) -> None:
    """Store a part's facts beside it, for the process that publishes.

    Raises:
        TransientError: TD3032 when the storage does not hold them afterwards.
    """
    store, key, data = target.store, _note_of(staged.key), json.dumps(asdict(staged)).encode()
    note = store.create(key)
    try:
        note.write(data)
        note.commit()
    # A part whose facts are lost cannot be published: nobody would know how many rows it was to hold.
    except BaseException:
        note.abort()
        raise
    found = store.read(key)
    if found is None or found.data != data:
        raise TransientError("TD3032", f"{store.uri(key)} does not hold what was written to it", "run again")


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
            rows = target.format.inspect(file, schema)
        except pa.ArrowException as error:
            raise damaged from error
    if rows != written.rows:
        raise damaged
    return sha256.hexdigest()
