"""Removing what nothing names: stale staging, part files without a manifest, locks of the dead."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import groupby

from tempdata_dagster.core.errors import InputError, TransientError
from tempdata_dagster.publish.layout import LOCKS, STAGING, bears_hash, is_staged, lock_of, manifests_of, pending_of
from tempdata_dagster.publish.manifest import now
from tempdata_dagster.publish.protocol import complete
from tempdata_dagster.publish.settle import read_manifest
from tempdata_dagster.publish.stores import Entry, Store
from tempdata_dagster.publish.survey import PartitionSurvey, list_datasets, list_lakes, survey_dataset
from tempdata_dagster.publish.tables.lake import find_log
from tempdata_dagster.publish.tables.log import TableLog
from tempdata_dagster.publish.target import Target


def gc(target: Target, grace: timedelta, dry_run: bool = False, keep: timedelta | None = None) -> list[str]:
    """Bring interrupted publications to their end, and remove what no manifest names.

    Only keys that publishing itself could have written are ever removed, and never one that a manifest names. A
    partition whose manifest cannot be read is left alone: nobody knows what it names. Of one that has none, only files
    go whose names carry their content: others may be anybody's. Of table formats, files stay for as long as a version of
    the table that is kept names them.

    Args:
        target: The lake; those of other formats below it are brought into order too.
        grace: Nothing younger is touched: a run may still need it.
        dry_run: Only say what would be removed; what only expired snapshots of Iceberg name is not among it.
        keep: How long older versions of table formats stay readable; by default as long as the table's own properties say
            (`delta.deletedFileRetentionDuration`, `history.expire.max-snapshot-age-ms`).

    Returns:
        The URIs of what was removed, in order.

    Raises:
        InputError: TD3004 for a negative time.
        OutsideError: The storage failed; what was removed before that is removed.
    """
    if grace < timedelta(0) or (keep is not None and keep < timedelta(0)):
        raise InputError("TD3004", f"a time of {min(grace, keep or grace)} is negative", "name one such as 24h")
    moment = now()
    since = None if keep is None else moment - keep
    return [uri for lake in list_lakes(target) for uri in _collect(lake, moment - grace, dry_run, since)]


def _collect(lake: Target, before: datetime, dry_run: bool, since: datetime | None) -> list[str]:
    store = lake.store
    if not dry_run:
        # First: removing files below makes the folders above them look younger than the grace.
        store.prune(STAGING, before)
    removed = list(_collect_staging(store, before, dry_run))
    # Uploads of the dead are in no listing of objects, and are paid for.
    removed += store.sweep(STAGING, before, dry_run=dry_run)
    for dataset in list_datasets(store):
        for table, parts in survey_dataset(store, dataset).tables.items():
            log = find_log(lake, parts)

            def find_retained(table: str = table, log: TableLog | None = log, dataset: str = dataset) -> set[str]:
                return log.retained(dataset, table, since) if log else set()

            if log and not dry_run:
                removed.extend(log.expire(dataset, table, since, before))
            for part in parts:
                removed.extend(_collect_partition(store, part, before, dry_run, find_retained))
    return [store.uri(key) for key in sorted(removed)]


def _collect_staging(store: Store, before: datetime, dry_run: bool) -> Iterator[str]:
    entries = [entry for entry in store.entries(STAGING) if is_staged(entry.key)]
    for run, group in groupby(entries, key=lambda entry: entry.key.split("/")[1]):
        files = list(group)
        # A run that writes its last parts still needs its first ones, however old they are.
        alive = not run.startswith("_") and any(entry.modified > before for entry in files)
        for entry in files:
            if entry.modified <= before and not alive and (dry_run or _remove_staged(store, entry)):
                yield entry.key


def _remove_staged(store: Store, entry: Entry) -> bool:
    if not entry.key.startswith(f"{LOCKS}/"):
        store.delete([entry.key])
        return True
    # A lock goes by being taken and given back: one that is held stays.
    with suppress(TransientError), store.exclusive(entry.key, 0):
        return True
    return False


def _collect_partition(
    store: Store, part: PartitionSurvey, before: datetime, dry_run: bool, find_retained: Callable[[], set[str]]
) -> Iterator[str]:
    if part.unreadable:
        return
    extra = (entry for key, entry in part.files.items() if key not in part.named)
    old = [one.key for one in extra if one.modified <= before and (part.manifest is not None or bears_hash(one.key))]
    retained = find_retained() if old else set()
    old = [key for key in old if key not in retained]
    pending = part.pending_entry
    if pending is not None and pending.modified <= before and (dry_run or _settle_pending(store, part)):
        yield pending.key
    if not old or dry_run:
        yield from old
        return
    with suppress(TransientError), store.exclusive(lock_of(part.dataset, part.table, part.key), 0):
        # Read again: since the survey a run may have published one of these very files.
        named = _read_named(store, part)
        unnamed = [] if named is None else [key for key in old if key not in named | find_retained()]
        store.delete(unnamed)
        yield from unnamed


def _settle_pending(store: Store, part: PartitionSurvey) -> bool:
    if part.pending is not None:
        # A run that holds the partition brings it to an end itself.
        with suppress(TransientError):
            complete(store, part.pending.ref, wait=0)
    return store.find(pending_of(part.dataset, part.table, part.key)) is None


def _read_named(store: Store, part: PartitionSurvey) -> set[str] | None:
    """What the partition's manifests name now, under its lock; None when one of them can no longer be read."""
    named: set[str] = set()
    for suffix in ("json", "pending"):
        manifest, version = read_manifest(store, f"{manifests_of(part.dataset, part.table)}/{part.key}.{suffix}")
        if manifest is None and version is not None:
            return None
        named.update(manifest.keys if manifest else ())
    return named
