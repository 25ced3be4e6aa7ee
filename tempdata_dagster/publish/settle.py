"""Which version of a partition holds: read from its manifest, its pending manifest and the files in place.

A publication writes what it is about to do (the pending manifest), then the files, then the manifest. Whoever comes upon
a partition between these steps, or after a crash between them, finds out here which of the two manifests the files
belong to.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from tempdata_dagster.core.errors import TerminalError
from tempdata_dagster.publish.failure import NOT_FOUND
from tempdata_dagster.publish.formats import FORMATS
from tempdata_dagster.publish.layout import PartitionRef
from tempdata_dagster.publish.manifest import Manifest, PublishedFile, parse_manifest
from tempdata_dagster.publish.stores import Store
from tempdata_dagster.publish.tables.log import TableLog


@dataclass(frozen=True)
class Current:
    """The state of a partition.

    Attributes:
        manifest: What holds; None when nothing is published, or its manifest cannot be read.
        version: Of the stored manifest, for the conditional write that replaces it; None when there is none.
        pending_version: Of the pending manifest; None when no publication was interrupted.
        unfinished: `manifest` is the pending one: its files are in place, and the stored manifest is of the past.
    """

    manifest: Manifest | None
    version: str | None
    pending_version: str | None
    unfinished: bool = False


def hash_file(store: Store, key: str) -> str:
    """The sha256 of a stored object's bytes."""
    with store.open(key) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]


def is_in_place(store: Store, key: str, file: PublishedFile) -> bool:
    """Whether what is stored under `key` is that file, to the last byte."""
    found = store.find(key)
    if found is None or found.size != file.bytes:
        return False
    # Spares reading the object: other bytes would have another version.
    if found.version and found.version == file.version:
        return True
    try:
        return hash_file(store, key) == file.sha256
    except TerminalError as error:
        if error.code != NOT_FOUND:
            raise
        return False  # it was replaced since it was found


def log_of(store: Store, manifest: Manifest) -> TableLog | None:
    """The log that decides which files of a manifest's table count; None where all that lie in its folder do."""
    return FORMATS.get(manifest.format)(manifest.format_options).log(store)


def holds(store: Store, manifest: Manifest) -> bool:
    """Whether all files of a manifest are in place and, of a table format, the table's log names them and no others."""
    log = log_of(store, manifest)
    if log is not None and not log.holds(manifest):
        return False
    return all(is_in_place(store, key, file) for key, file in zip(manifest.keys, manifest.files, strict=True))


def read_manifest(store: Store, key: str) -> tuple[Manifest | None, str | None]:
    """A manifest and its version; a version without a manifest is one that cannot be read."""
    blob = store.read(key)
    if blob is None:
        return None, None
    try:
        return parse_manifest(blob.data, key), blob.version
    except TerminalError:
        return None, blob.version


def find_current(store: Store, ref: PartitionRef) -> Current:
    """What holds for a partition. Reads files again only where a publication was interrupted, or runs."""
    # In this order: the other way round, a publication that ends in between shows its old manifest and no pending one.
    pending, pending_version = read_manifest(store, ref.pending)
    manifest, version = read_manifest(store, ref.manifest)
    # With the same files the manifest is written already, and of the publication only removing the pending one is left.
    differs = pending is not None and (manifest is None or not manifest.names_the_files_of(pending))
    if pending is not None and differs and holds(store, pending):
        return Current(pending, version, pending_version, unfinished=True)
    return Current(manifest, version, pending_version)
