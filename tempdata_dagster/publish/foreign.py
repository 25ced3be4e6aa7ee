"""What others have put where a partition is to be published: a plain reader would take it for rows of ours.

Refused before anything is written, unless the target says `overwrite`: then just what would have been refused goes. Only
a partition without a manifest is looked at, by one listing of its files: past its first publication its folder is ours.
"""

from __future__ import annotations

from collections.abc import Iterator

from tempdata_dagster.core.errors import InputError
from tempdata_dagster.publish.layout import (
    PartitionRef,
    bears_hash,
    is_of_log,
    is_visible,
    manifest_of,
    manifests_of,
    owner_of,
    pending_of,
)
from tempdata_dagster.publish.manifest import Manifest, is_of_others
from tempdata_dagster.publish.settle import Current, is_in_place, read_manifest
from tempdata_dagster.publish.stores import Store

_HINT = "publish to another root, move it away, or say --overwrite (`overwrite: true` in the target's options) to replace it"


def list_foreign(store: Store, ref: PartitionRef) -> Iterator[str]:
    """The visible files in a partition's folder that nothing of ours names; of the table's, where it is the table's first.

    Files that a crashed run left are ours: its pending manifest names them, or their names carry their content.
    """
    manifests = manifests_of(ref.dataset, ref.table)
    # Readers of a table take all that is in its folder, and with its first partition that would be both.
    first = not any(entry.key.endswith(".json") for entry in store.entries(manifests))
    folder = ref.table_folder if first else ref.folder
    pending = read_manifest(store, ref.pending)[0]
    ours = set(pending.keys) if pending else set()
    known: dict[tuple[str, str, str], bool] = {}
    for entry in store.entries(folder):
        key = entry.key
        if key in ours or not is_visible(key.removeprefix(f"{folder}/")) or bears_hash(key) or is_of_log(key):
            continue
        owner = owner_of(key)
        if owner is not None and owner[2] != ref.safe_key:
            # Another run may publish that partition at this moment: it is for its own manifests to name.
            if owner not in known:
                known[owner] = _is_published(store, *owner)
            if known[owner]:
                continue
        yield key


def _is_published(store: Store, dataset: str, table: str, safe_key: str) -> bool:
    # In this order: a publication writes the manifest before it removes the pending one.
    return any(store.find(key) for key in (pending_of(dataset, table, safe_key), manifest_of(dataset, table, safe_key)))


def refuse_early(store: Store, ref: PartitionRef) -> None:
    """Refuse before rows are made; files that bear our own names are judged once it is known what they should hold.

    Raises:
        InputError: TD3026.
    """
    if store.find(ref.manifest) is None:
        _refuse(store, ref, [key for key in list_foreign(store, ref) if owner_of(key) is None])


def find_foreign(store: Store, current: Current, new: Manifest, *, overwrite: bool) -> list[str]:
    """What has to go before a partition without a manifest is published; nothing unless told to overwrite.

    Args:
        store: The lake, its partition locked.
        current: What holds for the partition.
        new: What is about to be published: the same bytes under the same name are no hindrance.
        overwrite: Do not refuse.

    Returns:
        The keys of what is not to stay beside the partition.

    Raises:
        InputError: TD3026 when something is in the way.
    """
    if not overwrite:
        _refuse_others(store, current, new.ref)
    if current.version is not None:
        return []
    wanted = dict(zip(new.keys, new.files, strict=True))
    keys = [
        key for key in list_foreign(store, new.ref) if key not in wanted or not is_in_place(store, key, wanted[key])
    ]
    if not overwrite:
        _refuse(store, new.ref, keys)
    return keys


def _refuse(store: Store, ref: PartitionRef, keys: list[str]) -> None:
    if keys:
        more = f" and {len(keys) - 1:,} more" if len(keys) > 1 else ""
        said = f"{ref} would lie beside what no manifest of ours names: {store.uri(keys[0])}{more}"
        raise InputError("TD3026", said, _HINT)


def _refuse_others(store: Store, current: Current, ref: PartitionRef) -> None:
    unread = {
        ref.manifest: current.version is not None and current.manifest is None,
        ref.pending: current.pending_version is not None and not current.unfinished,
    }
    for key in [key for key, is_unread in unread.items() if is_unread]:
        blob = store.read(key)
        if blob is not None and is_of_others(blob.data):
            said = f"{store.uri(key)} is a manifest of a newer version or of another program"
            raise InputError("TD3026", said, _HINT)
