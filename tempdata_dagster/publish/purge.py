"""Removing published tables, children before parents: only what manifests list, under each partition's lock.

The steps for one partition, of which each may be the last that a killed run takes:

    1  an interrupted publication is brought to its end, so that one manifest knows all files
    2  that manifest is written again as the pending one
    3  the manifest goes: readers by manifest still find the partition, whole, through the pending one
    4  of a table format the partition leaves the table's log; the files go, those of older versions too; locally in one step. With the first of them the pending manifest holds no more, and readers by manifest
       find nothing: never some of the files
    5  the pending manifest, and the folders that are empty now

Files before manifests would leave readers a manifest whose files are gone; manifests before files would leave files that
nothing names, so that no second run could tell them from a stranger's. The pending manifest is the memory between the two.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, cast

from tempdata_dagster.core.errors import InputError, TransientError
from tempdata_dagster.core.registry import closest
from tempdata_dagster.publish.layout import STATIC, PartitionRef, bears_hash, key_from_safe, owner_of
from tempdata_dagster.publish.manifest import Manifest, encode_manifest, now
from tempdata_dagster.publish.order import merge_keys, sort_tables
from tempdata_dagster.publish.protocol import LOCK_WAIT, finish
from tempdata_dagster.publish.route import Database, Place
from tempdata_dagster.publish.settle import find_current, log_of, read_manifest
from tempdata_dagster.publish.stores import Lease, Store
from tempdata_dagster.publish.stores.checked import put_checked
from tempdata_dagster.publish.survey import PartitionSurvey, list_datasets, list_lakes, survey_dataset
from tempdata_dagster.publish.tables.lake import find_log
from tempdata_dagster.publish.target import Target

Progress = Callable[["PurgedPartition", int, int], None]


@dataclass(frozen=True)
class PurgedPartition:
    """What became of one partition at one place.

    Attributes:
        place: The lake's or the database's URL.
        partition: Its key; `static` for a static table.
        status: `left` when its manifest cannot be read: nobody knows what it names.
        uri: Where the partition lay.
    """

    place: str
    dataset: str
    table: str
    partition: str
    status: Literal["removed", "left"]
    rows: int
    bytes: int
    files: int
    uri: str


class _Published(Protocol):
    """What one place holds of one table."""

    def manifests(self) -> list[Manifest]:
        """Those that can be read."""

    def count(self) -> int:
        """Of partitions."""

    def remove(self, *, dry_run: bool) -> Iterator[PurgedPartition]:
        """Remove them, and tell of each."""


@dataclass(frozen=True)
class _InLake:
    lake: Target
    table: str
    parts: list[PartitionSurvey]

    def manifests(self) -> list[Manifest]:
        return [manifest for part in self.parts for manifest in (part.manifest, part.pending) if manifest]

    def count(self) -> int:
        return len(self.parts)

    def remove(self, *, dry_run: bool) -> Iterator[PurgedPartition]:
        for part in self.parts:
            manifest = part.manifest or part.pending
            if manifest is None or part.unreadable:
                key, uri = key_from_safe(part.key), self.lake.store.uri(next(iter(part.unreadable)))
                yield PurgedPartition(self.lake.url, part.dataset, part.table, key, "left", 0, 0, 0, uri)
                continue
            if not dry_run:
                purge_partition(self.lake.store, manifest.ref)
            yield _describe(self.lake, manifest)
        if not dry_run:
            self._drop_log()

    def _drop_log(self) -> None:
        """The log of a table format goes with the table's last partition."""
        log = find_log(self.lake, self.parts)
        if log is not None and not self.lake.published_keys(self.parts[0].dataset, self.table):
            log.drop(self.parts[0].dataset, self.table)


@dataclass(frozen=True)
class _InDatabase:
    database: Database
    dataset: str
    table: str
    found: list[Manifest]

    def manifests(self) -> list[Manifest]:
        return self.found

    def count(self) -> int:
        return len(self.found)

    def remove(self, *, dry_run: bool) -> Iterator[PurgedPartition]:
        if not dry_run:
            self.database.drop(self.dataset, self.table)
        yield from (_describe(self.database, manifest) for manifest in self.found)


def _describe(place: Place, manifest: Manifest) -> PurgedPartition:
    ref = manifest.ref
    key, sizes = ref.key or STATIC, (manifest.rows, manifest.bytes, len(manifest.files))
    return PurgedPartition(place.url, ref.dataset, ref.table, key, "removed", *sizes, place.uri(ref))


def purge(
    places: Sequence[Place],
    dataset: str,
    tables: Iterable[str] | None = None,
    *,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> list[PurgedPartition]:
    """Remove a dataset, or some of its tables, from everything that it was published to.

    A run that was interrupted is run again: what it has removed is gone, and the rest is whole but for the partition
    that it was at, of which readers by manifest see nothing.

    Args:
        places: Lakes and databases, the home first, as it is the first to go; lakes of other formats below them go too.
        dataset: The dataset's name.
        tables: Only these; whoever refers to them keeps references that lead nowhere.
        dry_run: Only say what would be removed.
        progress: Called after each partition with what became of it, and how many of how many are done.

    Returns:
        What became of each partition, in order.

    Raises:
        InputError: TD3090 when no place has this dataset, or one of the tables.
        TransientError: TD3031 when another run holds a partition for too long.
        OutsideError: The storage failed; what was removed before that is removed.
    """
    found = _find(places, dataset)
    wanted = list(found) if tables is None else list(tables)
    for table in wanted:
        if table not in found:
            raise InputError("TD3090", f"{dataset}.{table} is not published there", closest(table, sorted(found)))
    keys = {
        table: merge_keys(manifest for one in published for manifest in one.manifests())
        for table, published in found.items()
    }
    order = sort_tables(keys)
    jobs = [one for table in reversed(order) if table in wanted for one in found[table]]
    total, done = sum(one.count() for one in jobs), []
    for purged in (purged for one in jobs for purged in one.remove(dry_run=dry_run)):
        done.append(purged)
        if progress:
            progress(purged, len(done), total)
    return done


def _find(places: Sequence[Place], dataset: str) -> dict[str, list[_Published]]:
    """By table, what each place holds of it.

    Raises:
        InputError: TD3090 when none holds anything.
    """
    found: dict[str, list[_Published]] = {}
    known: set[str] = set()
    lakes = [lake for place in places if isinstance(place, Target) for lake in list_lakes(place)]
    # A destination may lie within another one, as the lake of a format does.
    for lake in {lake.url: lake for lake in lakes}.values():
        here = list_datasets(lake.store)
        known.update(here)
        for table, parts in (survey_dataset(lake.store, dataset).tables if dataset in here else {}).items():
            # What no manifest of ours names is not ours to remove.
            listed = [part for part in parts if part.manifest or part.pending or part.unreadable]
            if listed:
                found.setdefault(table, []).append(_InLake(lake, table, listed))
    for database in (cast("Database", place) for place in places if not isinstance(place, Target)):
        known.update(database.datasets())
        for table in database.tables(dataset):
            held = list(database.published(dataset, table).values())
            found.setdefault(table, []).append(_InDatabase(database, dataset, table, held))
    if not found:
        where = ", ".join(place.url for place in places)
        raise InputError("TD3090", f"dataset '{dataset}' is not published in {where}", closest(dataset, sorted(known)))
    return found


def purge_partition(store: Store, ref: PartitionRef) -> None:
    """Remove one partition.

    Raises:
        ConflictError: TD3020 when another run took its lock over.
        TransientError: TD3031 when another run holds it.
    """
    with store.exclusive(ref.lock, LOCK_WAIT) as lease:
        named = _unpublish(store, ref, lease)
        pending = read_manifest(store, ref.pending)[0]
        log = log_of(store, pending) if pending else None
        if log is not None:
            log.remove(ref, lease)
            # Of older versions too: they are removed with the table.
            named = [entry.key for entry in store.entries(ref.folder) if _is_part_of(entry.key, ref)]
        names = [key.removeprefix(f"{ref.folder}/") for key in named]
        store.clear(ref.folder, names, lease)
        _check_gone(store, named)
        store.delete([ref.pending])
        _check_gone(store, [ref.pending])
        store.prune(ref.folder, now())


def _check_gone(store: Store, keys: Iterable[str]) -> None:
    """Believe no answer: what is said to be removed and is not would be left for ever, once nothing names it.

    Raises:
        TransientError: TD3032.
    """
    for key in keys:
        if store.find(key) is not None:
            raise TransientError("TD3032", f"{store.uri(key)} was not removed, though the storage said so", "run again")


def _unpublish(store: Store, ref: PartitionRef, lease: Lease) -> list[str]:
    """Steps 1 to 3; the keys of the files that are to go."""
    current = find_current(store, ref)
    pending = read_manifest(store, ref.pending)[0]
    if current.unfinished and current.manifest is not None:
        finish(store, current.manifest, current.version, lease)
        current, pending = find_current(store, ref), None
    if current.manifest is None:
        # A purge, or a first publication, that was broken off among its files: they are all that is left to do.
        return list(pending.keys) if pending else []
    manifest = current.manifest
    # Files of a publication that did not come to its end: the record of them is about to be written over.
    left = [key for key in _keys_of(pending) if key not in manifest.keys]
    store.delete(left)
    _check_gone(store, left)
    put_checked(store, ref.pending, encode_manifest(manifest), current.pending_version)
    lease.check()
    store.delete([ref.manifest])
    _check_gone(store, [ref.manifest])
    return list(manifest.keys)


def _keys_of(manifest: Manifest | None) -> Iterator[str]:
    yield from manifest.keys if manifest else ()


def _is_part_of(key: str, ref: PartitionRef) -> bool:
    return bears_hash(key) and owner_of(key) == (ref.dataset, ref.table, ref.safe_key)
