"""Re-reading a lake against its manifests, to the last byte."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import pyarrow as pa

from tempdata_dagster.core.errors import InputError
from tempdata_dagster.core.registry import closest
from tempdata_dagster.publish.failure import mapping_errors
from tempdata_dagster.publish.manifest import Manifest, PublishedFile
from tempdata_dagster.publish.scan import format_of
from tempdata_dagster.publish.settle import hash_file, holds
from tempdata_dagster.publish.stores import Entry, Store
from tempdata_dagster.publish.survey import PartitionSurvey, list_datasets, list_lakes, survey_dataset, survey_lost
from tempdata_dagster.publish.tables.lake import compare_log, find_retained
from tempdata_dagster.publish.target import Target
from tempdata_dagster.spec.values import IDENTIFIER

Kind = Literal[
    "missing", "extra", "truncated", "changed", "wrong_rows", "no_manifest", "unreadable_manifest", "unfinished",
    "foreign", "not_in_log", "not_in_manifest", "unreadable_log",
]  # fmt: skip


@dataclass(frozen=True, order=True)
class Finding:
    """One way in which a lake is not what its manifests say.

    Attributes:
        partition: The partition's key as a file name; `static` for a static table, empty for what belongs to none.
        uri: The file that it is about.
    """

    dataset: str
    table: str
    partition: str
    kind: Kind
    uri: str
    message: str

    def __str__(self) -> str:
        where = f"{self.dataset}.{self.table} {self.partition}".strip()
        return f"{where}: {self.kind}: {self.message} ({self.uri})"


def verify(target: Target, dataset: str | None = None) -> list[Finding]:
    """Compare every published file with its manifest; reads all bytes once.

    A publication that runs meanwhile may show as "unfinished".

    Args:
        target: The lake; those of other formats below it are compared too.
        dataset: Only this one; None for all.

    Returns:
        What is wrong, in order; nothing for a sound lake.

    Raises:
        InputError: TD3006 when there is no such lake, or no such dataset in it.
        OutsideError: The storage cannot be read.
    """
    findings: list[Finding] = []
    known: set[str] = set()
    for lake in list_lakes(target):
        here = list_datasets(lake.store)
        known.update(here)
        for name in [name for name in here if dataset in (None, name)]:
            findings.extend(_verify_dataset(lake, name))
        findings.extend(_find_lost(lake, dataset, here))
    if not findings and not (known if dataset is None else dataset in known):
        what = f"dataset '{dataset}' in" if dataset else "lake at"
        raise InputError("TD3006", f"there is no {what} {target.url}", closest(dataset or "", sorted(known)))
    return findings


def _verify_dataset(lake: Target, dataset: str) -> Iterator[Finding]:
    survey = survey_dataset(lake.store, dataset)
    for table, parts in survey.tables.items():
        disagreements = list(compare_log(lake, parts))
        unread = any(kind == "unreadable_log" for _, kind, _, _ in disagreements)
        retained = None if unread else find_retained(lake, parts, None)
        for part in parts:
            yield from _verify(lake, part, retained)
        for partition, kind, key, message in disagreements:
            yield Finding(dataset, table, partition, kind, lake.store.uri(key), message)
    for table, entries in survey.foreign.items():
        message = "publishing has not written this, and readers of the table's folder take it"
        for entry in entries:
            yield Finding(dataset, table, "", "foreign", lake.store.uri(entry.key), message)


def _find_lost(lake: Target, dataset: str | None, known: list[str]) -> Iterator[Finding]:
    """Our files in folders without any manifest: with its last manifest a dataset is none any more."""
    for name in lake.store.folders(""):
        if IDENTIFIER.fullmatch(name) and name not in known and dataset in (None, name):
            for part in survey_lost(lake.store, name):
                yield from _verify(lake, part, set())


def _verify(target: Target, part: PartitionSurvey, retained: set[str] | None) -> Iterator[Finding]:
    # Without the log nobody knows which files older versions need, nor which manifest holds.
    needed = set(part.files) if retained is None else retained
    store = target.store

    def find(kind: Kind, key: str, message: str) -> Finding:
        return Finding(part.dataset, part.table, part.key, kind, store.uri(key), message)

    for key, message in part.unreadable.items():
        yield find("unreadable_manifest", key, message)
    # What it names is not known: its files may well be right.
    if part.unreadable and part.manifest is None:
        return
    holding = part.manifest
    if part.pending is not None:
        if retained is not None and holds(store, part.pending):
            holding = part.pending
        when = "after" if holding is part.pending else "before"
        message = f"a publication was interrupted {when} its files were in place, or runs; run it again, or gc"
        yield find("unfinished", part.pending.ref.pending, message)
    for key in sorted(set(part.files) - set(holding.keys if holding else ()) - needed):
        if holding is None:
            yield find("no_manifest", key, "no manifest names this file or any other of its partition")
        else:
            yield find("extra", key, "the partition's manifest does not name this file")
    for kind, key, message in _compare(target, holding, part.files) if holding else ():
        yield find(kind, key, message)


def _compare(target: Target, manifest: Manifest, files: dict[str, Entry]) -> Iterator[tuple[Kind, str, str]]:
    for key, file in zip(manifest.keys, manifest.files, strict=True):
        yield from _compare_file(target, manifest, key, file, files.get(key))
    rows, size = sum(file.rows for file in manifest.files), sum(file.bytes for file in manifest.files)
    if (rows, size) != (manifest.rows, manifest.bytes):
        message = f"the manifest says {manifest.rows} rows in {manifest.bytes} bytes, its files {rows} in {size}"
        yield "wrong_rows", manifest.ref.manifest, message


def _compare_file(
    target: Target, manifest: Manifest, key: str, file: PublishedFile, entry: Entry | None
) -> Iterator[tuple[Kind, str, str]]:
    if entry is None:
        yield "missing", key, "the manifest names a file that is not there"
    elif entry.size < file.bytes:
        yield "truncated", key, f"{entry.size} bytes are left of {file.bytes}"
    # The listing told the sizes; only where they agree are the bytes read.
    elif entry.size > file.bytes or hash_file(target.store, key) != file.sha256:
        yield "changed", key, "the bytes are not those that were published"
    # Right bytes with another number of rows: then the manifest itself was changed.
    elif (rows := _count_rows(target.store, key, manifest)) != file.rows:
        yield "wrong_rows", key, f"the file has {rows} rows, the manifest says {file.rows}"


def _count_rows(store: Store, key: str, manifest: Manifest) -> int | None:
    # By the manifest's own format: a lake may be read by whoever knows nothing else about it.
    file_format = format_of(manifest)
    with mapping_errors("read", store.uri(key)), store.open(key) as file:
        try:
            return file_format.inspect(file, manifest.schema)
        except pa.ArrowException:
            return None
