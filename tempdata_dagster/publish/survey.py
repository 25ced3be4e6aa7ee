"""Walking a lake: every manifest in it, every part file, which partition each belongs to, and what is not ours."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from tempdata_dagster.core.errors import TerminalError
from tempdata_dagster.publish.formats import FORMATS
from tempdata_dagster.publish.layout import STAGING, is_of_log, is_visible, owner_of, partition_of_manifest
from tempdata_dagster.publish.manifest import Manifest, parse_manifest
from tempdata_dagster.publish.stores import Entry, Store
from tempdata_dagster.publish.target import Target
from tempdata_dagster.spec.values import IDENTIFIER


@dataclass
class PartitionSurvey:
    """What lies in a lake for one partition.

    Attributes:
        key: The partition's key as a file name.
        unreadable: What is wrong with manifests that cannot be read, by their keys.
        files: Its part files, named by a manifest or not.
    """

    dataset: str
    table: str
    key: str
    manifest: Manifest | None = None
    pending: Manifest | None = None
    pending_entry: Entry | None = None
    unreadable: dict[str, str] = field(default_factory=dict)
    files: dict[str, Entry] = field(default_factory=dict)

    @property
    def named(self) -> set[str]:
        """The keys of all files that a manifest names, or one that is about to hold."""
        return {key for manifest in (self.manifest, self.pending) if manifest for key in manifest.keys}


@dataclass
class DatasetSurvey:
    """What lies in a lake for one dataset.

    Attributes:
        partitions: Every partition that has a manifest or a part file, in their order.
        foreign: By table, visible files in its folder that publishing cannot have written.
    """

    dataset: str
    partitions: list[PartitionSurvey] = field(default_factory=list)
    foreign: dict[str, list[Entry]] = field(default_factory=dict)

    @property
    def tables(self) -> dict[str, list[PartitionSurvey]]:
        """The partitions by table."""
        found: dict[str, list[PartitionSurvey]] = {}
        for part in self.partitions:
            found.setdefault(part.table, []).append(part)
        return found


def list_lakes(target: Target) -> list[Target]:
    """A lake, and those of other formats below it, which are lakes of their own."""
    below = [target.below(name) for name in target.store.folders("") if IDENTIFIER.fullmatch(name) and name in FORMATS]
    # A dataset may have a format's name; its folder holds no datasets.
    return [target, *(lake for lake in below if list_datasets(lake.store) or STAGING in lake.store.folders(""))]


def list_datasets(store: Store) -> list[str]:
    """The folders of a lake that hold manifests: others may be anybody's, and are not looked into."""
    return [name for name in store.folders("") if IDENTIFIER.fullmatch(name) and "_manifests" in store.folders(name)]


def survey_dataset(store: Store, dataset: str) -> DatasetSurvey:
    """Every partition of a dataset, and what else readers of its tables would see."""
    found: dict[tuple[str, str, str], PartitionSurvey] = {}
    others: dict[str, list[Entry]] = {}
    tables: set[str] = set()
    for entry in store.entries(dataset):
        mark = partition_of_manifest(entry.key)
        if mark is not None:
            tables.add(mark[1])
            add_manifest(store, found.setdefault(mark, PartitionSurvey(*mark)), entry)
        elif (mark := owner_of(entry.key)) is not None:
            found.setdefault(mark, PartitionSurvey(*mark)).files[entry.key] = entry
        elif is_visible(entry.key) and not is_of_log(entry.key):
            table, slash, _ = entry.key.removeprefix(f"{dataset}/").partition("/")
            if slash:
                others.setdefault(table, []).append(entry)
    foreign = {table: entries for table, entries in sorted(others.items()) if table in tables}
    return DatasetSurvey(dataset, [found[mark] for mark in sorted(found)], foreign)


def survey_lost(store: Store, dataset: str) -> Iterator[PartitionSurvey]:
    """The partitions in a folder that holds no manifests and yet files that bear our names: they may have lost them."""
    found: dict[tuple[str, str, str], PartitionSurvey] = {}
    for entry in store.entries(dataset):
        mark = owner_of(entry.key)
        if mark is not None:
            found.setdefault(mark, PartitionSurvey(*mark)).files[entry.key] = entry
    yield from (found[mark] for mark in sorted(found))


def add_manifest(store: Store, partition: PartitionSurvey, entry: Entry) -> None:
    """Read a manifest into its partition's survey."""
    blob = store.read(entry.key)
    # Removed since it was listed: a pending manifest that a run has finished with.
    if blob is None:
        return
    try:
        manifest = parse_manifest(blob.data, entry.key)
    except TerminalError as error:
        partition.unreadable[entry.key] = error.message
        return
    if entry.key.endswith(".pending"):
        partition.pending, partition.pending_entry = manifest, entry
    else:
        partition.manifest = manifest
