"""The steps that turn staged files into published ones. See docs/adr/0002-publishing.md for why they are these.

    1  lock the partition; refuse what others have put there
    2  same content in place: only the manifest is brought up to date
    3  pending manifest: what is about to be published
    4  the files, by the storage's own atomic step; of a table format beside the old ones, then one commit to the table's log
    5  what others had put there, if told so; then the manifest, if it is still the one that was read under the lock
    6  remove what the old manifest named and the new one does not, and the pending manifest; older versions of a table
       format still name their files, which `gc` removes with them

A failure before 4 leaves the old version; after it, the new one. In between `settle` tells which.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Literal

from tempdata_dagster.core.errors import DataError, InputError, OutsideError, TransientError
from tempdata_dagster.publish.foreign import find_foreign
from tempdata_dagster.publish.layout import PART, PartitionRef, manifests_of
from tempdata_dagster.publish.manifest import Manifest, encode_manifest, now
from tempdata_dagster.publish.settle import Current, find_current, hash_file, holds, log_of, read_manifest
from tempdata_dagster.publish.stores import Lease, Store
from tempdata_dagster.publish.stores.checked import put_checked

# A live run needs seconds. A killed one's claim in an object store lasts longer (`CLAIM_SECONDS`): that is for a retry.
LOCK_WAIT = 120.0


@dataclass(frozen=True)
class PublishedPartition:
    """The outcome of a publication.

    Attributes:
        status: "unchanged" when the same content was in place already: no data file was written.
        uri: The partition's folder.
        removed: What others had put there and had to go.
    """

    status: Literal["published", "unchanged"]
    manifest: Manifest
    uri: str
    removed: tuple[str, ...] = ()


def publish_files(
    store: Store, new: Manifest, moves: Mapping[str, str], *, overwrite: bool = False
) -> PublishedPartition:
    """Publish staged files as the whole of a partition.

    Args:
        store: The lake.
        new: What is published.
        moves: From published file names to staged keys.
        overwrite: Remove what others have put there, instead of refusing.

    Raises:
        ConflictError: TD3020 when another run published meanwhile.
        InputError: TD3022 when the table is published in partitions of another length; TD3026; TD3082.
        TransientError: TD3031 when another run publishes this partition for too long; TD3010.
        TerminalError: TD3011 to TD3014.
    """
    ref = new.ref
    with store.exclusive(ref.lock, LOCK_WAIT) as lease:
        current = find_current(store, ref)
        foreign = find_foreign(store, current, new, overwrite=overwrite)
        if foreign and log_of(store, new) is not None:
            # Removing files of somebody's table would leave a log that names what is gone.
            hint = "remove the table first, or publish to another lake"
            raise InputError("TD3082", f"{ref.table_folder} holds what tempdata did not write: {foreign[0]}", hint)
        if current.unfinished and current.manifest is not None:
            # Its pending manifest is the only one that knows the files in place: it must not be overwritten yet.
            store.delete(foreign)
            finish(store, take_stock(store, current.manifest, None), current.version, lease)
            current = find_current(store, ref)
        if current.manifest is None or current.manifest.period != ref.period:
            # One day may be the key of a month, a week and a day: a manifest under it can be of another layout.
            refuse_other_period(store, ref)
        elif is_same_content(store, current.manifest, new):
            return keep_files(store, current, current.manifest, new)
        # Conditional as well: a run whose claim was taken over stops here, before it moves a file.
        put_checked(store, ref.pending, encode_manifest(new), current.pending_version)
        try:
            placed = put_in_place(store, new, moves, lease, current.manifest)
        # Ctrl-C is no Exception, and must not leave a pending manifest of files that never came.
        except BaseException:
            with suppress(OutsideError):
                withdraw(store, new)
            raise
        # Before the manifest: a run that is killed in between finds them again.
        store.delete(key for key in foreign if key not in new.keys)
        published = finish(store, placed, current.version, lease)
        return replace(published, removed=tuple(map(store.uri, foreign)))


def is_same_content(store: Store, old: Manifest, new: Manifest) -> bool:
    """Whether `old` names the same rows in the same types, and its files are intact."""
    if not old.is_written_like(new):
        return False
    # By the files and not by the manifest alone, so that running again heals a file that was damaged.
    return holds(store, old)


def keep_files(store: Store, current: Current, old: Manifest, new: Manifest) -> PublishedPartition:
    """Leave the files and bring the manifest up to date with the run's facts."""
    ref = new.ref
    # The same rows written by another Arrow are other bytes: the manifest must speak of the files that stay.
    kept = new.model_copy(update={"files": old.files, "bytes": old.bytes})
    if not kept.says_the_same(old):
        put_checked(store, ref.manifest, encode_manifest(kept), current.version)
    else:
        kept = old
    clean_up(store, kept)
    return PublishedPartition("unchanged", kept, store.uri(ref.folder))


def put_in_place(store: Store, new: Manifest, moves: Mapping[str, str], lease: Lease, old: Manifest | None) -> Manifest:
    """Step 4; returns the manifest with the versions that the storage gave the files."""
    log = log_of(store, new)
    if log is None:
        store.place(new.ref.folder, moves, lease)
        return take_stock(store, new, old)
    store.add(new.ref.folder, moves, lease)
    placed = take_stock(store, new, old)
    try:
        log.commit(new, lease)
    # Refused before anything was sent. After any other failure the commit may yet land, and its files are left to gc.
    except (DataError, InputError):
        store.delete(set(new.keys) - log.retained(new.dataset, new.table, None))
        raise
    return placed


def take_stock(store: Store, new: Manifest, old: Manifest | None) -> Manifest:
    """Look whether the files are in place, whatever was answered, and note the versions that the storage gave them.

    Args:
        store: The lake.
        new: The manifest of the files.
        old: Of the files that were there before.

    Raises:
        TransientError: TD3032 when one of them is not what was staged.
    """
    before = {file.name: file for file in old.files} if old else {}
    files = []
    for key, file in zip(new.keys, new.files, strict=True):
        found, was = store.find(key), before.get(file.name)
        here = found is not None and found.size == file.bytes
        if here and was and was.bytes == file.bytes:
            # The size does not tell them apart, and the version only where the bytes were meant to change.
            rewritten = found and found.version not in ("", was.version) and was.sha256 != file.sha256
            here = bool(rewritten) or hash_file(store, key) == file.sha256
        if found is None or not here:
            raise TransientError("TD3032", f"{store.uri(key)} is not the file that was put there", "run again")
        # The next run compares it and need not read the file.
        files.append(file.model_copy(update={"version": found.version}))
    return new.model_copy(update={"files": tuple(files)})


def finish(store: Store, manifest: Manifest, version: str | None, lease: Lease) -> PublishedPartition:
    """Steps 5 and 6: the files are in place."""
    ref = manifest.ref
    # Copies may have taken longer than the claim lasts; what slips through here is stopped by the condition below.
    lease.check()
    put_checked(store, ref.manifest, encode_manifest(manifest), version)
    clean_up(store, manifest)
    return PublishedPartition("published", manifest, store.uri(ref.folder))


def clean_up(store: Store, manifest: Manifest) -> None:
    """Step 6. The partition is published already: what cannot be removed now is left to `gc`."""
    with suppress(OutsideError):
        store.delete([*list_stale(store, manifest), manifest.ref.pending])


def list_stale(store: Store, manifest: Manifest) -> Iterator[str]:
    """The part files in a partition's own folder that its manifest does not name, nor any version of its table."""
    if log_of(store, manifest) is not None:
        return
    folder, named = manifest.ref.folder, set(manifest.keys)
    for entry in store.entries(folder):
        if entry.key not in named and PART.fullmatch(entry.key.removeprefix(f"{folder}/")):
            yield entry.key


def withdraw(store: Store, new: Manifest) -> None:
    """Forget a publication whose files did not get into place."""
    # All files in place is published, whatever failed after them: then the pending manifest must stay to say so.
    if not holds(store, new):
        store.delete([new.ref.pending])
        store.prune(new.ref.folder, now())


def refuse_other_period(store: Store, ref: PartitionRef) -> None:
    """Stop before a table's folder holds two layouts, of which a plain reader would see both.

    Raises:
        InputError: TD3022.
    """
    for entry in store.entries(manifests_of(ref.dataset, ref.table)):
        other = read_manifest(store, entry.key)[0] if entry.key.endswith(".json") else None
        if other is None:
            continue
        if other.period != ref.period:
            was, now = (one.period or "static" for one in (other, ref))
            hint = f"publish to another root, or remove {store.uri(ref.table_folder)} and its manifests first"
            raise InputError("TD3022", f"{ref.dataset}.{ref.table} is published by {was}, not by {now}", hint)
        # One stands for all: the others were published past this same question.
        return


def complete(store: Store, ref: PartitionRef, wait: float) -> Manifest | None:
    """Bring an interrupted publication to its end: forwards if its files are in place, else back.

    Returns:
        The manifest that holds; None when there is none.
    """
    with store.exclusive(ref.lock, wait) as lease:
        current = find_current(store, ref)
        if current.unfinished and current.manifest is not None:
            return finish(store, take_stock(store, current.manifest, None), current.version, lease).manifest
        if current.manifest is None:
            store.delete([ref.pending])
            store.prune(ref.folder, now())
        # Where not even the manifest's own files are whole, nothing goes: the rest may be all that is left of the rows.
        elif holds(store, current.manifest):
            clean_up(store, current.manifest)
        return current.manifest
