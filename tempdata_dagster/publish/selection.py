"""Which published partitions of a lake are meant: of which datasets, tables and range of keys."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tempdata_dagster.core.errors import InputError, TerminalError
from tempdata_dagster.core.registry import closest
from tempdata_dagster.publish.layout import partition_of_manifest
from tempdata_dagster.publish.manifest import Manifest
from tempdata_dagster.publish.order import merge_keys, sort_tables
from tempdata_dagster.publish.route import Place
from tempdata_dagster.publish.survey import list_datasets, list_lakes
from tempdata_dagster.publish.target import Target

_KEY = re.compile(r"\d{4}-\d\d-\d\d(-\d\d:\d\d)?")


@dataclass(frozen=True)
class Selection:
    """Partitions of one table, in their order.

    Attributes:
        lake: The one that holds them.
    """

    lake: Target
    dataset: str
    table: str
    manifests: list[Manifest]


def select(
    source: Target, to: Place, dataset: str | None, tables: list[str] | None, first: str | None, last: str | None
) -> list[Selection]:
    """What is to be copied, datasets by name and their tables parents first.

    Args:
        source: The lake; what it does not hold is looked for in those of other formats below it.
        to: Where it is to go: not where it is.
        dataset: Only this one.
        tables: Only these.
        first: The first key of partitioned tables, or its day.
        last: The last one, included.

    Raises:
        InputError: TD3090, TD3093, TD1003; see `copy.copy`.
        TerminalError: TD3030 when a manifest cannot be read: nobody knows what it names.
    """
    for key in (first, last):
        if key is not None and not _KEY.fullmatch(key):
            raise InputError("TD1003", f"'{key[:40]}' is no partition", "write it as 2026-01-31 or 2026-01-31-05:00")
    found = _find(source, to, dataset)
    if tables is not None:
        known = sorted({table for held in found.values() for table in held})
        for table in tables:
            if table not in known:
                raise InputError("TD3090", f"table '{table}' is not published in {source.url}", closest(table, known))
    selections = []
    for name, held in found.items():
        published = {table: _read(lake, name, table) for table, lake in held.items()}
        keys = {table: merge_keys(manifests) for table, manifests in published.items()}
        for table in sort_tables(keys):
            chosen = [one for one in published[table] if is_within(one.key, first, last)]
            if chosen and (tables is None or table in tables):
                selections.append(Selection(held[table], name, table, chosen))
    return selections


def is_within(key: str | None, first: str | None, last: str | None) -> bool:
    """Whether a partition lies in a range of keys or of days; a static table lies in all."""
    if key is None:
        return True
    after = first is None or key[: len(first)] >= first
    # By as much of the key as is given: an hour lies within its day.
    return after and (last is None or key[: len(last)] <= last)


def _find(source: Target, to: Place, dataset: str | None) -> dict[str, dict[str, Target]]:
    """By dataset and table, the lake that holds it."""
    found: dict[str, dict[str, Target]] = {}
    lakes = [lake for lake in list_lakes(source) if lake.url != to.url]
    for lake in lakes:
        for name in list_datasets(lake.store):
            if dataset in (None, name):
                for table in _list_tables(lake, name):
                    found.setdefault(name, {}).setdefault(table, lake)
    if not lakes:
        raise InputError("TD3093", f"{to.url} cannot be copied to itself", "name another place, or another --format")
    if not found:
        known = sorted({name for lake in lakes for name in list_datasets(lake.store)})
        what = f"dataset '{dataset}'" if dataset else "nothing"
        raise InputError(
            "TD3090", f"{what} is {'not ' if dataset else ''}published in {source.url}", closest(dataset or "", known)
        )
    return dict(sorted(found.items()))


def _list_tables(lake: Target, dataset: str) -> list[str]:
    marks = (partition_of_manifest(entry.key) for entry in lake.store.entries(f"{dataset}/_manifests"))
    return sorted({mark[1] for mark in marks if mark})


def _read(lake: Target, dataset: str, table: str) -> list[Manifest]:
    published = lake.published(dataset, table)
    lost = [key for key in lake.published_keys(dataset, table) if key not in published]
    if lost:
        hint = f"see 'tempdata verify {lake.url}'"
        raise TerminalError("TD3030", f"the manifest of {dataset}.{table} {lost[0]} cannot be read", hint)
    return list(published.values())
