"""The logs of a lake's tables beside its manifests: what each of the two says that the other does not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from tempdata_dagster.core.errors import OutsideError
from tempdata_dagster.publish.layout import bears_digest, owner_of
from tempdata_dagster.publish.manifest import Manifest
from tempdata_dagster.publish.settle import hash_file, log_of
from tempdata_dagster.publish.tables.log import LogState, TableLog

if TYPE_CHECKING:
    from tempdata_dagster.publish.survey import PartitionSurvey
    from tempdata_dagster.publish.target import Target

Disagreement = Literal["missing", "changed", "not_in_log", "not_in_manifest", "unreadable_log"]


def find_log(target: Target, parts: list[PartitionSurvey]) -> TableLog | None:
    """The log of a table; None for a table of plain files.

    Args:
        target: The lake.
        parts: What lies in it for the table: the manifests say which format it is of, whatever the lake writes now.
    """
    told = (manifest for part in parts for manifest in (part.manifest, part.pending) if manifest is not None)
    manifest = next(told, None)
    return target.format.log(target.store) if manifest is None else log_of(target.store, manifest)


def find_retained(target: Target, parts: list[PartitionSurvey], keep: datetime | None) -> set[str]:
    """The keys of a table's files that a version of it may still be read by.

    Args:
        target: The lake.
        parts: What lies in it for the table.
        keep: Versions that held at this moment or later are kept; None goes by the table's own retention.
    """
    log = find_log(target, parts) if parts else None
    return set() if log is None else log.retained(parts[0].dataset, parts[0].table, keep)


def compare_log(target: Target, parts: list[PartitionSurvey]) -> Iterator[tuple[str, Disagreement, str, str]]:
    """What a table's log and the manifests of its partitions do not agree on.

    Args:
        target: The lake.
        parts: What lies in it for the table.

    Yields:
        The partition's key as a file name (empty where it is not known), the kind, the key of the file, and what to say.
    """
    log = find_log(target, parts)
    if log is None:
        return
    dataset, table = parts[0].dataset, parts[0].table
    try:
        state, retained = log.read(dataset, table), log.retained(dataset, table, None)
    except OutsideError as error:
        yield "", "unreadable_log", f"{dataset}/{table}", error.message
        return
    there = {key for part in parts for key in part.files}
    current = set(state.files) if state else set()
    for key in sorted(retained - current - there):
        yield _partition_of(key), "missing", key, "an older version of the table names a file that is not there"
    for key in sorted((retained - current) & there):
        # No manifest tells of them any more, and yet their names do.
        if not bears_digest(key, hash_file(target.store, key)):
            yield _partition_of(key), "changed", key, "the bytes are not those that an older version was published with"
    # What an interrupted publication is about to change is told as such, and both of its manifests are right.
    settled = [part.manifest for part in parts if part.manifest is not None and part.pending is None]
    yield from _compare_manifests(settled, state)
    named = {key for part in parts for key in part.named}
    for key in sorted(current - named):
        yield _partition_of(key), "not_in_manifest", key, "the table's log names a file that no manifest names"


def _compare_manifests(
    manifests: list[Manifest], state: LogState | None
) -> Iterator[tuple[str, Disagreement, str, str]]:
    current = state.files if state else {}
    for manifest in manifests:
        for key in manifest.keys:
            if key not in current:
                yield manifest.ref.safe_key, "not_in_log", key, "the table's log does not name this file"


def _partition_of(key: str) -> str:
    owner = owner_of(key)
    return owner[2] if owner else ""
