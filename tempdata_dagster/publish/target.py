"""A lake: where partitions are staged, published and read."""

from __future__ import annotations

import os
import re
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from tempdata_dagster.core.errors import InputError
from tempdata_dagster.publish.foreign import refuse_early
from tempdata_dagster.publish.formats import FORMATS, Format
from tempdata_dagster.publish.layout import STATIC, PartitionRef, key_from_safe, manifests_of, partition_of_manifest
from tempdata_dagster.publish.manifest import Manifest
from tempdata_dagster.publish.scan import open_files
from tempdata_dagster.publish.settle import find_current, read_manifest
from tempdata_dagster.publish.staging import Staging
from tempdata_dagster.publish.stores import STORES, Store

if TYPE_CHECKING:
    import pyarrow.dataset as pads

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
DEFAULT_FORMAT = "parquet"
# Options of the lake itself: neither of its storage nor of its format.
_OWN = ("format", "overwrite")


def check_url(url: str) -> str:
    """The scheme of a lake's URL or path.

    Raises:
        InputError: TD3001 for a URL that leaves its bucket or names none, TD3003 for one with credentials.
    """
    match = _SCHEME.match(url)
    scheme = match[1].lower() if match else "file"
    rest = url[match.end() :] if match else url
    if not rest.strip("/") and scheme != "memory":
        raise InputError("TD3001", f"'{scheme}://' names no place" if match else f"'{url}' must not be a lake")
    # A local `..` is the user's own way to say where; in a URL it may lead out of the bucket.
    if "\0" in url or (match and ".." in rest.split("/")):
        raise InputError("TD3001", "the URL of a lake has no '..' and no NUL", "name the folder itself")
    server = rest.partition("/")[0]
    user = server.rpartition("@")[0]
    # abfs names the container before the `@`: `abfs://container@account.dfs.core.windows.net`.
    if match and (":" in user or "?" in rest or (user and not scheme.startswith(("abfs", "az")))):
        # The URL is not repeated: it holds the secret.
        raise InputError("TD3003", "the URL of a lake must not hold credentials", "give them by environment variables")
    return scheme


@dataclass(frozen=True)
class Target:
    """A lake below a root, of whichever storage. Picklable: workers in other processes stage parts.

    Attributes:
        url: An absolute path or a URL.
        options: For the storage (never shown), `format` and that format's own for the files, and `overwrite`.
    """

    url: str
    options: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @classmethod
    def open(cls, url_or_path: str | os.PathLike[str], options: Mapping[str, Any] | None = None) -> Target:
        """A lake; nothing is created until something is staged.

        Args:
            url_or_path: A folder, or `s3://bucket/prefix`, `gs://`, `abfs://`, `memory://`.
            options: `format` (parquet) and that format's own, such as `compression`; `overwrite` to replace what others have
                put where a partition is published first; all others go to the storage.

        Raises:
            InputError: TD3001 for an unsafe root, TD3003 for credentials in the URL, TD3004 for an unknown option,
                TD3015 when the extra for this storage is not installed, TD1001 for an unknown scheme.
        """
        target = cls(os.fspath(url_or_path), dict(options or {}))
        # Opened to hear of wrong options before any work; then by the store's own URL, which is absolute for workers.
        _ = (target.store, target.format, target.overwrite)
        return cls(target.store.url, target.options)

    def __getstate__(self) -> dict[str, Any]:
        # Without the opened store: its connections belong to this process.
        return {"url": self.url, "options": self.options}

    @cached_property
    def store(self) -> Store:
        """The storage."""
        scheme = check_url(self.url)
        entry: Any = STORES.get(scheme)
        url = _SCHEME.sub("", self.url) if scheme == "file" else self.url
        store: Store = entry(url, self._split_options()[1])
        return store

    @cached_property
    def format(self) -> Format[Any]:
        """The format of new files."""
        return FORMATS.get(self._format_name)(self._split_options()[0])

    @property
    def _format_name(self) -> str:
        return str(self.options.get("format", DEFAULT_FORMAT))

    @property
    def overwrite(self) -> bool:
        """Whether what others have put where a partition is published first is replaced instead of refused.

        Raises:
            InputError: TD3004 when the option is neither true nor false.
        """
        told = self.options.get("overwrite", False)
        if not isinstance(told, bool):
            raise InputError("TD3004", "overwrite is true or false", "write overwrite: true")
        return told

    def overwriting(self) -> Target:
        """This lake with `overwrite`."""
        return Target(self.url, {**self.options, "overwrite": True})

    def _split_options(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """The options of the format, and those of the storage."""
        known = FORMATS.get(self._format_name).options_class.model_fields
        ours = {name: value for name, value in self.options.items() if name in known}
        return ours, {name: value for name, value in self.options.items() if name not in ours and name not in _OWN}

    def of_format(self, name: str | None, options: Mapping[str, Any]) -> Target:
        """This lake, or the one below it that holds another format.

        A reader of a folder takes every file in it: formats that are published side by side lie in lakes of their own.

        Args:
            name: The format; None for this lake's own.
            options: Of the format, in place of the target's.

        Raises:
            InputError: TD1001 for an unknown format, TD3004 for an option that it has not.
        """
        same = name in (None, self._format_name)
        own, storage = self._split_options()
        # Checked by themselves: an option that the format has not would be taken for one of the storage.
        checked = FORMATS.get(name or self._format_name)({**(own if same else {}), **options})
        url = self.url if same else self._url_below(checked.name)
        target = Target(url, {**storage, **checked.settings, "format": checked.name, "overwrite": self.overwrite})
        _ = target.store
        return target

    @property
    def holds_parquet(self) -> bool:
        """Whether the files are Parquet, whichever table format they belong to."""
        return bool(self.format.holds_parquet)

    def check_usable(self) -> None:
        """Find out whether the root can be written to.

        Raises:
            OutsideError: TD3002 when it cannot.
            InputError: TD3015 and TD3081, as `Format.log`.
        """
        self.format.log(self.store)
        self.store.check_usable()

    def uri(self, ref: PartitionRef) -> str:
        """The folder of a partition."""
        return self.store.uri(ref.folder)

    def format_facts(self) -> tuple[str, dict[str, Any]]:
        """What the manifests say of the format and its options."""
        return self.format.name, self.format.settings

    def open_published(self, manifests: list[Manifest], columns: list[str] | None = None) -> pads.Dataset:
        """The rows of published partitions of one table, with the columns of its Hive folders.

        Parquet is read as it is asked for; every other format into memory at once.

        Args:
            manifests: At least one.
            columns: Only these, where they are read into memory.
        """
        return open_files(self.store, manifests, columns)

    def below(self, name: str) -> Target:
        """The lake of a format below this one, as those find it who know no more than this one's place."""
        storage = self._split_options()[1]
        return Target(self._url_below(name), {**storage, "format": name, "overwrite": self.overwrite})

    def _url_below(self, name: str) -> str:
        return f"{self.url.rstrip('/')}/{name}"

    def stage(self, ref: PartitionRef, run_id: str | None = None) -> Staging:
        """Begin to stage a partition, on clean ground: what an earlier try of the same run left is removed.

        Args:
            ref: The partition.
            run_id: Names the staging folder; must not be used by two processes for one partition at the same time.

        Raises:
            OutsideError: TD3002 when the root cannot be written to.
            InputError: TD3026 when others have put something where the partition is to be published first.
        """
        staging = Staging(self, ref, run_id or uuid.uuid4().hex)
        self.check_usable()
        if not self.overwrite:
            refuse_early(self.store, ref)
        staging.discard()
        return staging

    def published(self, dataset: str, table: str, keys: Iterable[str] | None = None) -> dict[str, Manifest]:
        """What holds of a table, by partition key (`static` for a static table), in the order of the keys.

        A partition whose manifest cannot be read is not in it; `verify` reports it.

        Args:
            dataset: The dataset's name.
            table: The table's name.
            keys: Only these partitions: the manifests of all others are listed and not read.
        """
        found: dict[str, Manifest] = {}
        pending: set[PartitionRef] = set()
        wanted = None if keys is None else set(keys)
        # By way of a reference, which refuses names that would lead out of the lake.
        for entry in self.store.entries(manifests_of(PartitionRef(dataset, table).dataset, table)):
            mark = partition_of_manifest(entry.key)
            if wanted is not None and mark and key_from_safe(mark[2]) not in wanted:
                continue
            manifest, _ = read_manifest(self.store, entry.key)
            if manifest is None:
                continue
            if entry.key.endswith(".pending"):
                pending.add(manifest.ref)
            else:
                found[manifest.key or STATIC] = manifest
        # Only here do files decide which version holds, and only where a publication runs or was interrupted.
        for ref in pending:
            current = find_current(self.store, ref).manifest
            if current is not None:
                found[ref.key or STATIC] = current
        return dict(sorted(found.items()))

    def published_keys(self, dataset: str, table: str) -> list[str]:
        """The keys of `published`, by one listing: no manifest is read, so that one that is damaged counts too."""
        entries = self.store.entries(manifests_of(PartitionRef(dataset, table).dataset, table))
        marks = [partition_of_manifest(entry.key) for entry in entries if entry.key.endswith(".json")]
        return sorted(key_from_safe(mark[2]) for mark in marks if mark)

    def manifest(self, ref: PartitionRef) -> Manifest | None:
        """What holds of one partition; None when it is not published."""
        return find_current(self.store, ref).manifest

    def dataset(self, dataset: str, table: str, keys: Iterable[str] | None = None) -> pads.Dataset | None:
        """The published rows of a table, with the Hive folders as columns.

        Reads exactly the files that the manifests name; columns are those of the latest publication.

        Args:
            dataset: The dataset's name.
            table: The table's name.
            keys: Only these partitions; those that are not published are left out.

        Returns:
            None when none of them is published.
        """
        wanted = list(keys) if keys is not None else None
        published = self.published(dataset, table, wanted)
        chosen = published if wanted is None else {key: published[key] for key in wanted if key in published}
        return self.open_published(list(chosen.values())) if chosen else None
