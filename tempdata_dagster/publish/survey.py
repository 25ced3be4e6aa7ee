"""Walking a lake: every manifest in it, every part file, and which partition each belongs to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from tempdata_dagster.core.errors import TerminalError
from tempdata_dagster.publish.layout import owner_of, partition_of_manifest
from tempdata_dagster.publish.manifest import Manifest, parse_manifest
from tempdata_dagster.publish.stores import Entry, Store
from tempdata_dagster.spec.values import IDENTIFIER


@dataclass
class PartitionSurvey:
    """What lies in a lake for one partition.

    Attributes:
        key: The partition's key as a file name.
        unreadable: What is wrong with manifests that cannot be read.
        files: Its part files, named by a manifest or not.
    """

    dataset: str
    table: str
    key: str
    manifest: Manifest | None = None
    pending: Manifest | None = None
    pending_entry: Entry | None = None
    unreadable: list[str] = field(default_factory=list)
    files: dict[str, Entry] = field(default_factory=dict)

    @property
    def named(self) -> set[str]:
        """The keys of all files that a manifest names, or one that is about to hold."""
        return {key for manifest in (self.manifest, self.pending) if manifest for key in manifest.keys}


def list_datasets(store: Store) -> list[str]:
    """The folders of a lake that hold manifests: others may be anybody's, and are not looked into."""
    return [name for name in store.folders("") if IDENTIFIER.fullmatch(name) and "_manifests" in store.folders(name)]


def survey_dataset(store: Store, dataset: str) -> Iterator[PartitionSurvey]:
    """Every partition of a dataset that has a manifest or a part file, in their order."""
    found: dict[tuple[str, str, str], PartitionSurvey] = {}
    for entry in store.entries(dataset):
        mark = partition_of_manifest(entry.key) or owner_of(entry.key)
        if mark is None:
            continue
        partition = found.setdefault(mark, PartitionSurvey(*mark))
        if entry.key.startswith(f"{dataset}/_manifests/"):
            add_manifest(store, partition, entry)
        else:
            partition.files[entry.key] = entry
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
        partition.unreadable.append(error.message)
        return
    if entry.key.endswith(".pending"):
        partition.pending, partition.pending_entry = manifest, entry
    else:
        partition.manifest = manifest
