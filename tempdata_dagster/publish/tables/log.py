"""What publishing asks of a table's log, whichever format keeps it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from random import SystemRandom
from typing import Protocol

import pyarrow as pa

from tempdata_dagster.core.errors import InputError, TransientError
from tempdata_dagster.core.partition import folder_names
from tempdata_dagster.publish.layout import PartitionRef, owner_of
from tempdata_dagster.publish.manifest import Manifest
from tempdata_dagster.publish.scan import hive_fields
from tempdata_dagster.publish.stores import Lease
from tempdata_dagster.publish.tables.types import TypeRules

# A commit takes milliseconds; this many writers of other partitions at once are not met.
COMMIT_SECONDS = 120.0
_PAUSES = (0.005, 0.5)


@dataclass(frozen=True)
class LogState:
    """One version of a table.

    Attributes:
        version: A number of Delta's, a snapshot's id of Iceberg's.
        committed_at: When it was committed, with a zone.
        files: The keys of the data files in the order of their commits, each with the Hive folder of its partition within the
            table's folder; empty for a table without partitions.
    """

    version: int
    committed_at: datetime
    files: Mapping[str, str]

    def files_of(self, ref: PartitionRef) -> set[str]:
        """The keys of a partition's files."""
        folder = ref.folder.removeprefix(ref.table_folder).strip("/")
        return {key for key, where in self.files.items() if where == folder}


class TableLog(Protocol):
    """The logs of the tables of one lake.

    Every method raises our errors only: TD3010 to TD3014 for what the storage or the log's library did.
    """

    def holds(self, manifest: Manifest) -> bool:
        """Whether the current version's files of a partition are exactly those of its manifest."""

    def commit(self, new: Manifest, lease: Lease) -> None:
        """Replace a partition's files in one transaction; does nothing when they are in place already.

        Args:
            new: The partition; its files are where they belong.
            lease: Checked before each try.

        Raises:
            DataError: TD3080 when the table's schema cannot follow that of the rows.
            InputError: TD3082 when the table is not one that this lake has made.
            TransientError: TD3083 when others commit faster than we do.
        """

    def read(self, dataset: str, table: str, at: int | datetime | None = None) -> LogState | None:
        """A version of a table: the current one, one by its number, or the one that held at a moment.

        Returns:
            None for a table that has no log, and for a moment before its first version.

        Raises:
            InputError: TD3084 when the log knows no version of this number.
        """

    def retained(self, dataset: str, table: str, keep: datetime | None) -> set[str]:
        """The keys that the current version names, or one that held at `keep` or later (None: the table's own retention)."""

    def remove(self, ref: PartitionRef, lease: Lease) -> None:
        """Take a partition out of the current version, in one transaction; older versions keep it."""

    def drop(self, dataset: str, table: str) -> None:
        """Remove a table's log, and with it all of its versions; its data files stay."""

    def expire(self, dataset: str, table: str, keep: datetime | None, before: datetime) -> list[str]:
        """Forget the versions that `retained` does not count, and remove what only they name of the log's own files.

        Args:
            dataset: The dataset's name.
            table: The table's name.
            keep: As in `retained`.
            before: Nothing younger is removed.

        Returns:
            The keys of what was removed.
        """


def commit_repeatedly(
    attempt: Callable[[], None], lease: Lease, conflicts: tuple[type[Exception], ...], name: str
) -> None:
    """Try to commit until no other writer comes in between.

    Args:
        attempt: Begins with the log as it is now, and returns at once when nothing is left to do.
        lease: Renewed before each try: a writer that has lost its partition must not commit to it.
        conflicts: What is raised when another writer was quicker.
        name: The table's, for messages.

    Raises:
        TransientError: TD3083.
    """
    deadline, (pause, most), dice = time.monotonic() + COMMIT_SECONDS, _PAUSES, SystemRandom()
    while True:
        lease.check()
        try:
            return attempt()
        except conflicts as error:
            if time.monotonic() > deadline:
                message = f"{name}: other writers commit to the table's log all the time"
                raise TransientError("TD3083", message, "run again, with fewer writers at once") from error
        time.sleep(dice.uniform(0, pause))
        pause = min(2 * pause, most)


def commit_facts(new: Manifest) -> dict[str, str]:
    """What a commit says of the run that made it."""
    return {
        "tempdata.partition": new.ref.safe_key,
        "tempdata.content_hash": new.content_hash,
        "tempdata.run_id": new.run_id,
        "tempdata.fingerprint": new.facts.fingerprint,
    }


def table_columns(new: Manifest, rules: TypeRules) -> pa.Schema:
    """The columns of a table: those of the rows, then those of its Hive folders, whose values only the log holds."""
    return pa.schema([*rules.table_schema(new.schema), *hive_fields(new.period)])


def check_ours(new: Manifest, partitioned_by: Iterable[str], old: Iterable[str]) -> None:
    """Stop before anything is replaced that this lake has not made.

    Raises:
        InputError: TD3082.
    """
    hint = "publish to another lake, or remove the table first"
    names, wanted = list(partitioned_by), list(folder_names(new.period))
    if names != wanted:
        told = ", ".join(names) or "nothing"
        raise InputError("TD3082", f"{new.ref}: the table is partitioned by {told}", hint)
    foreign = [key for key in old if owner_of(key) is None]
    if foreign:
        raise InputError("TD3082", f"{new.ref}: the table holds rows that tempdata did not write ({foreign[0]})", hint)
