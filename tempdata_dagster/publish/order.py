"""The order of published tables by their foreign keys, as the manifests tell them: no dataset file is needed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from tempdata_dagster.publish.keys import ForeignKeyFacts, TableKeys
from tempdata_dagster.publish.manifest import Manifest


def merge_keys(manifests: Iterable[Manifest]) -> TableKeys:
    """The foreign keys of a table in all versions that are published of it."""
    foreign = {key: None for manifest in manifests for key in manifest.table_keys.foreign}
    return TableKeys(foreign=tuple(foreign))


def sort_tables(keys: Mapping[str, TableKeys]) -> list[str]:
    """Parents before children; tables of one rank by name.

    Args:
        keys: By table. References to tables that are not among them, and to a table itself, do not count.

    Returns:
        Every table once. A cycle is broken where a reference may be null: its column can be filled later, or emptied before.
    """
    left = set(keys)
    placed: list[str] = []
    while left:
        ready = _find_ready(keys, left)
        placed += ready
        left.difference_update(ready)
    return placed


def _find_ready(keys: Mapping[str, TableKeys], left: set[str]) -> list[str]:
    """The tables whose parents are all placed; in a cycle, one that comes nearest to that."""
    for binds in (_always, _not_nullable, _not_cyclic):
        ready = [table for table in sorted(left) if not _list_parents(keys[table], table, left, binds)]
        if ready:
            return ready if binds is _always else ready[:1]
    return sorted(left)[:1]


def _list_parents(
    keys: TableKeys, table: str, left: set[str], binds: Callable[[ForeignKeyFacts], bool]
) -> list[ForeignKeyFacts]:
    return [key for key in keys.foreign if key.parent in left and key.parent != table and binds(key)]


def _always(key: ForeignKeyFacts) -> bool:
    del key
    return True


def _not_nullable(key: ForeignKeyFacts) -> bool:
    return not key.nullable


def _not_cyclic(key: ForeignKeyFacts) -> bool:
    return not (key.nullable or key.cyclic)
