"""Copying what is published from one place to another: tables in the order of their foreign keys, every file verified.

Files go as they are where both places hold the same format with the same options, and are compared by their SHA-256. Else
their rows are read and written anew, and are compared by their content hash, which knows no format. Either way they are
staged and published as everything is, so that readers see the old or the new version of each partition.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal, cast

import pyarrow as pa

from tempdata_dagster.core.content import ContentHash
from tempdata_dagster.core.errors import DataError, OutsideError, TerminalError
from tempdata_dagster.publish.failure import NOT_FOUND, mapping_errors
from tempdata_dagster.publish.layout import STATIC, PartitionRef
from tempdata_dagster.publish.manifest import Manifest, PublishedFile, library_versions, now
from tempdata_dagster.publish.part import READ_BYTES, StagedFile, staged_key, write_note
from tempdata_dagster.publish.protocol import LOCK_WAIT, PublishedPartition, complete
from tempdata_dagster.publish.route import Database, Place
from tempdata_dagster.publish.scan import format_of
from tempdata_dagster.publish.selection import select
from tempdata_dagster.publish.settle import hash_file, holds, read_manifest
from tempdata_dagster.publish.staging import Staging
from tempdata_dagster.publish.target import Target

# Another run may replace a partition while it is read; whoever meets that five times has other troubles.
ATTEMPTS = 5
WORKERS = 4
Progress = Callable[["CopiedPartition", int, int], None]


@dataclass(frozen=True)
class CopiedPartition:
    """What became of one partition.

    Attributes:
        partition: Its key; `static` for a static table.
        status: `unchanged` when the same was there already, and nothing was written.
        how: `bytes` when files went as they are, `rows` when they were written anew; empty when unchanged.
        bytes: Of the files at the destination.
        removed: What others had put there and had to go.
    """

    dataset: str
    table: str
    partition: str
    status: Literal["copied", "unchanged"]
    how: Literal["bytes", "rows", ""]
    rows: int
    bytes: int
    files: int
    content_hash: str
    uri: str
    removed: tuple[str, ...] = ()


def copy(
    source: Target,
    to: Place,
    *,
    dataset: str | None = None,
    tables: Iterable[str] | None = None,
    first: str | None = None,
    last: str | None = None,
    workers: int = WORKERS,
    progress: Progress | None = None,
) -> list[CopiedPartition]:
    """Copy what is published. What is there already is left alone, so that running it again writes nothing.

    Args:
        source: A lake; of tables that it does not hold itself, the lakes of other formats below it are looked through.
        to: A lake, which decides the format of its files, or a database.
        dataset: Only this one; all by default.
        tables: Only these.
        first: The first partition key of partitioned tables, or its day. Static tables are always copied.
        last: The last one, included.
        workers: Partitions of a table that are copied side by side; databases take one after the other.
        progress: Called after each partition with what became of it, and how many of how many are done.

    Returns:
        What became of each partition, tables in the order of their foreign keys.

    Raises:
        InputError: TD3090 when the source has no such dataset or table, TD3093 when both are one place, TD1003 for a key
            that is none, TD3026 when the destination holds what others have put there.
        DataError: TD3094 when a file at the source is not what its manifest says.
        OutsideError: A place failed: partitions that were copied before that are there.
    """
    selections = select(source, to, dataset, None if tables is None else list(tables), first, last)
    total, done = sum(len(one.manifests) for one in selections), []
    run_id = uuid.uuid4().hex
    # Also opens it, before threads do.
    to.check_usable()
    with ThreadPoolExecutor(workers if isinstance(to, Target) else 1) as pool:
        # Table by table: whoever reads meanwhile finds the parents of what is there.
        for selection in selections:
            jobs = [
                pool.submit(_copy_partition, selection.lake, to, manifest, run_id) for manifest in selection.manifests
            ]
            try:
                for job in jobs:
                    done.append(job.result())
                    if progress:
                        progress(done[-1], len(done), total)
            # Those that are under way are waited for, as the pool ends; no other is begun.
            finally:
                for job in jobs:
                    job.cancel()
    return done


def _copy_partition(
    lake: Target, to: Place, manifest: Manifest, run_id: str, attempts: int = ATTEMPTS
) -> CopiedPartition:
    try:
        if isinstance(to, Target):
            return _copy_to_lake(lake, to, manifest, run_id)
        return _load(lake, cast("Database", to), manifest, run_id)
    except (DataError, TerminalError) as error:
        found = lake.manifest(manifest.ref) if error.code in ("TD3094", NOT_FOUND) and attempts > 1 else None
        if found is None or found == manifest:
            raise
    # Another run published it anew while it was read.
    return _copy_partition(lake, to, found, run_id, attempts - 1)


def _copy_to_lake(source: Target, to: Target, manifest: Manifest, run_id: str) -> CopiedPartition:
    ref = manifest.ref
    held = _settle(to, ref)
    name, settings = to.format_facts()
    wanted = manifest.model_copy(update={"format": name, "format_options": settings})
    if held is not None and _says_the_same(held, wanted) and holds(to.store, held):
        return _describe(held, "unchanged", "", to.uri(ref))
    as_they_are = (manifest.format, manifest.format_options) == (name, settings)
    with to.stage(ref, run_id) as staging:
        for index, (key, file) in enumerate(zip(manifest.keys, manifest.files, strict=True)):
            if as_they_are:
                _stage_bytes(source, to, ref, run_id, index, key, file, manifest)
            else:
                _stage_rows(source, staging, index, key, file, manifest)
        published = staging.publish(manifest.facts)
    return _describe(published.manifest, "copied", "bytes" if as_they_are else "rows", published.uri, published.removed)


def _settle(to: Target, ref: PartitionRef) -> Manifest | None:
    """What holds of a partition, once a publication that was interrupted has been brought to its end."""
    # Not one that cannot be read: it may be of a newer version, whose affair it is.
    if read_manifest(to.store, ref.pending)[0] is not None:
        return complete(to.store, ref, LOCK_WAIT)
    return to.manifest(ref)


def _says_the_same(held: Manifest, wanted: Manifest) -> bool:
    same = held.is_written_like(wanted) and held.table_keys == wanted.table_keys
    return same and held.facts == wanted.facts and held.period == wanted.period


def _describe(
    manifest: Manifest,
    status: Literal["copied", "unchanged"],
    how: Literal["bytes", "rows", ""],
    uri: str,
    removed: tuple[str, ...] = (),
) -> CopiedPartition:
    return CopiedPartition(
        manifest.dataset, manifest.table, manifest.key or STATIC, status, how, manifest.rows, manifest.bytes,
        len(manifest.files), manifest.content_hash, uri, removed,
    )  # fmt: skip


def _stage_bytes(
    source: Target,
    to: Target,
    ref: PartitionRef,
    run_id: str,
    index: int,
    key: str,
    file: PublishedFile,
    manifest: Manifest,
) -> None:
    staged = staged_key(to, ref, run_id, index)
    digest = hashlib.sha256()
    sink = to.store.create(staged)
    try:
        with mapping_errors("read", source.store.uri(key)), source.store.open(key) as stream:
            while chunk := stream.read(READ_BYTES):
                digest.update(chunk)
                sink.write(chunk)
        sink.commit()
    except BaseException:
        with suppress(OutsideError):
            sink.abort()
        raise
    # Only staged so far: what ends in an error now is discarded.
    if digest.hexdigest() != file.sha256:
        raise _damaged(source, key)
    if hash_file(to.store, staged) != file.sha256:
        raise _lost(to, staged)
    keys = manifest.table_keys.model_dump_json()
    facts = (file.rows, file.bytes, file.sha256, file.content_hash, manifest.arrow_schema, keys)
    write_note(to, StagedFile(index, staged, *facts))


def _stage_rows(
    source: Target, staging: Staging, index: int, key: str, file: PublishedFile, manifest: Manifest
) -> None:
    metadata = {"synthetic": "true", "fingerprint": manifest.facts.fingerprint}
    rows = _read_rows(source, key, file, manifest)
    staged = staging.write_part(index, manifest.schema, rows, metadata, manifest.table_keys)
    # What was written is known to be what was read; whether readers of this format get it back shows only now.
    to, content = staging.target, ContentHash(manifest.schema)
    with mapping_errors("read", to.store.uri(staged.key)), to.store.open(staged.key) as stream:
        for batch in to.format.read(stream, manifest.schema):
            content.update(batch)
    if content.hexdigest() != file.content_hash:
        raise _lost(to, staged.key)


def _read_rows(source: Target, key: str, file: PublishedFile, manifest: Manifest) -> Iterator[pa.RecordBatch]:
    """The rows of a file; ends in an error unless they are those of its manifest."""
    content = ContentHash(manifest.schema)
    with mapping_errors("read", source.store.uri(key)), source.store.open(key) as stream:
        try:
            for batch in format_of(manifest).read(stream, manifest.schema):
                content.update(batch)
                yield batch
        except pa.ArrowException as error:
            raise _damaged(source, key) from error
    # Before the file is finished, so that nothing of it is kept.
    if content.hexdigest() != file.content_hash:
        raise _damaged(source, key)


def _damaged(source: Target, key: str) -> DataError:
    said = f"{source.store.uri(key)} is not what its manifest says"
    return DataError("TD3094", said, "see 'tempdata verify', and generate the partition again")


def _lost(to: Target, key: str) -> TerminalError:
    uri = to.store.uri(key)
    return TerminalError("TD3021", f"{uri} does not hold what was written to it", "check the storage, then run again")


def _load(source: Target, database: Database, manifest: Manifest, run_id: str) -> CopiedPartition:
    name, details = database.format_facts()
    about = {"run_id": run_id, "published_at": now(), "libraries": library_versions()}
    new = manifest.model_copy(update={"files": (), "bytes": 0, "format": name, "format_options": details, **about})

    def read() -> Iterator[pa.RecordBatch]:
        for key, file in zip(manifest.keys, manifest.files, strict=True):
            yield from _read_rows(source, key, file, manifest)

    published: PublishedPartition = database.publish(manifest.ref, read, manifest.schema, new)
    if published.status == "unchanged":
        return _describe(published.manifest, "unchanged", "", published.uri)
    return _describe(published.manifest, "copied", "rows", published.uri, published.removed)
