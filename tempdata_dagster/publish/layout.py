"""Where everything lies in a lake: the only module that makes or recognises keys.

    <dataset>/<table>/<hive folder>/part-00000.parquet          what readers see; the end is the format's
    <dataset>/<table>/_delta_log/, <dataset>/<table>/metadata/  the log of a table format, whose library alone writes there
    <dataset>/_manifests/<table>/<key>.json                     what is published; `static.json` for a static table
    <dataset>/_manifests/<table>/<key>.pending                  what is about to be: there only while it happens
    _staging/<run>/<dataset>/<table>/<key>/part-00000.parquet   staged, with its facts in part-00000.note
    _staging/_locks/<dataset>.<table>.<key>                     held by the run that publishes
    _staging/_writes/<random>                                   small files on their way
    _staging/_swapped/<time>-<random>/part-00000.parquet        just replaced: for readers who hold the old folder open

Readers skip names that begin with `_`, so nothing that is not published is ever in their sight.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from tempdata_dagster.core.errors import InputError
from tempdata_dagster.core.partition import Period, folder_of
from tempdata_dagster.spec.values import IDENTIFIER

STAGING = "_staging"
LOCKS = f"{STAGING}/_locks"
WRITES = f"{STAGING}/_writes"
SWAPPED = f"{STAGING}/_swapped"
STATIC = "static"
PART = re.compile(r"part-\d{5}(-[0-9a-f]{8}){0,2}(\.[a-z][a-z0-9]{1,9}){1,2}")
_RUN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")
_NAME = IDENTIFIER.pattern
_KEY = r"(static|\d{4}-\d\d-\d\d(-\d\d-\d\d)?)"
_HIVE = r"(?P<hive>(date=\d{4}-\d\d-\d\d(/hour=\d\d)?|week=\d{4}-\d\d-\d\d|month=\d{4}-\d\d)/)?"
_DATA = re.compile(rf"(?P<dataset>{_NAME})/(?P<table>{_NAME})/{_HIVE}{PART.pattern}")
_STAGED = re.compile(
    rf"{STAGING}/({_RUN.pattern}/{_NAME}/{_NAME}/{_KEY}/(swap/)?{PART.pattern}"
    rf"|_locks/{_NAME}\.{_NAME}\.{_KEY}|_writes/[0-9a-f]{{32}}|_swapped/\d+-[0-9a-f]{{32}}/{PART.pattern})"
)
# As deltalake and pyiceberg name the files of a table's log.
_UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_LOG = re.compile(
    rf"{_NAME}/{_NAME}/(_delta_log/.+"
    rf"|metadata/(\d{{5,}}-{_UUID}\.metadata\.json|snap-\d+-\d+-{_UUID}\.avro|{_UUID}-m\d+\.avro))"
)
_MANIFEST = re.compile(rf"(?P<dataset>{_NAME})/_manifests/(?P<table>{_NAME})/(?P<key>{_KEY})\.(json|pending)")


@dataclass(frozen=True, order=True)
class PartitionRef:
    """One partition of one table.

    Attributes:
        period: The partition length; None for a static table.
        key: The partition's key as Dagster writes it; None for a static table.

    Raises:
        InputError: TD3005 for a name that could leave the lake, TD1003 for a key that is no partition.
    """

    dataset: str
    table: str
    period: Period | None = None
    key: str | None = None

    def __post_init__(self) -> None:
        for name in (self.dataset, self.table):
            if not IDENTIFIER.fullmatch(name):
                raise InputError("TD3005", f"'{name[:80]}' is not a name", "letters, digits and _, a letter first")
        if (self.period is None) != (self.key is None):
            raise InputError("TD3005", f"{self.dataset}.{self.table}: a partition has a period and a key, or neither")
        # For its error: a key that is no partition must not become a path.
        folder_of(self.period, self.key)

    @property
    def safe_key(self) -> str:
        """The key as a file name."""
        return STATIC if self.key is None else self.key.replace(":", "-")

    @property
    def table_folder(self) -> str:
        """The folder that readers are pointed at."""
        return f"{self.dataset}/{self.table}"

    @property
    def folder(self) -> str:
        """The folder of the partition's part files."""
        return "/".join(filter(None, (self.table_folder, folder_of(self.period, self.key))))

    @property
    def manifest(self) -> str:
        """The key of the manifest."""
        return manifest_of(self.dataset, self.table, self.safe_key)

    @property
    def pending(self) -> str:
        """The key of the manifest that is about to hold."""
        return pending_of(self.dataset, self.table, self.safe_key)

    @property
    def lock(self) -> str:
        """The key of the lock."""
        return lock_of(self.dataset, self.table, self.safe_key)

    def staging(self, run_id: str) -> str:
        """The folder where a run stages this partition.

        Raises:
            InputError: TD3005 when the run's id cannot be a file name.
        """
        if not _RUN.fullmatch(run_id):
            raise InputError("TD3005", f"'{run_id[:80]}' is not a run id", "letters, digits, _ - and . only")
        return f"{STAGING}/{run_id}/{self.dataset}/{self.table}/{self.safe_key}"

    def __str__(self) -> str:
        return f"{self.dataset}.{self.table}" + (f" {self.key}" if self.key else "")


def manifests_of(dataset: str, table: str) -> str:
    """The folder of a table's manifests."""
    return f"{dataset}/_manifests/{table}"


def manifest_of(dataset: str, table: str, safe_key: str) -> str:
    """The key of a partition's manifest."""
    return f"{manifests_of(dataset, table)}/{safe_key}.json"


def pending_of(dataset: str, table: str, safe_key: str) -> str:
    """The key of a partition's pending manifest."""
    return f"{manifests_of(dataset, table)}/{safe_key}.pending"


def lock_of(dataset: str, table: str, safe_key: str) -> str:
    """The key of a partition's lock."""
    return f"{LOCKS}/{dataset}.{table}.{safe_key}"


def part_name(index: int, parts: int, content_hash: str, suffix: str = ".parquet") -> str:
    """The published name of part `index` of `parts`.

    The only part of a partition keeps its name for ever, so that replacing it is one step. Several parts carry their
    content in their names, so that a reader who holds a listing of the old ones never opens a new one in its place.
    """
    return f"part-{index:05d}{suffix}" if parts == 1 else f"part-{index:05d}-{content_hash[:8]}{suffix}"


def lasting_name(index: int, sha256: str, suffix: str) -> str:
    """The name of a part that is never written over: of a table format, whose older versions are read by it for long."""
    return f"part-{index:05d}-{sha256[:8]}-{sha256[8:16]}{suffix}"


def bears_digest(key: str, sha256: str) -> bool:
    """Whether a file of a table format is named as `lasting_name` names files of these bytes."""
    return f"-{sha256[:8]}-{sha256[8:16]}." in key.rpartition("/")[2]


def owner_of(key: str) -> tuple[str, str, str] | None:
    """Dataset, table and safe key of the partition that a part file's key belongs to; None when it is no part file."""
    match = _DATA.fullmatch(key)
    if match is None:
        return None
    values = [level.partition("=")[2] for level in (match["hive"] or "").split("/") if level]
    if not values:
        return match["dataset"], match["table"], STATIC
    # Folders of months and hours say less than their keys: `month=2026-01` is 2026-01-01.
    if match["hive"].startswith("month="):
        return match["dataset"], match["table"], f"{values[0]}-01"
    return match["dataset"], match["table"], "-".join([*values, "00"] if len(values) > 1 else values)


def is_visible(key: str) -> bool:
    """Whether plain readers of a folder above a file take the file: they pass over what begins with `_` or a dot."""
    return not any(level.startswith(("_", ".")) for level in key.split("/"))


def bears_hash(key: str) -> bool:
    """Whether a part file's name carries its content, as only publishing names files."""
    match = PART.fullmatch(key.rpartition("/")[2])
    return match is not None and match[1] is not None


def is_of_log(key: str) -> bool:
    """Whether a key is of a table format's log, which only the format's own library writes and removes."""
    return _LOG.fullmatch(key) is not None


def is_staged(key: str) -> bool:
    """Whether a key is one that is used only on the way to publishing."""
    return _STAGED.fullmatch(key) is not None


def partition_of_manifest(key: str) -> tuple[str, str, str] | None:
    """Dataset, table and safe key of a manifest's (or a pending one's) key; None when it is none."""
    match = _MANIFEST.fullmatch(key)
    return (match["dataset"], match["table"], match["key"]) if match else None


def key_from_safe(safe_key: str) -> str:
    """The partition key that a safe key stands for; `static` stays itself."""
    # Only an hour's key, `2026-01-31-05:00`, is longer than 13 characters, and only it has a colon.
    date, minutes = safe_key[:13], safe_key[14:]
    return f"{date}:{minutes}" if minutes else safe_key
