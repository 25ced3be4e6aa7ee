"""Random single edits of a dataset file, and what of its data may change by them."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

Tree = dict[str, Any]
# Edits that leave every cell as it is which is there before and after.
HARMLESS = ("shuffle columns", "shuffle tables", "add column", "add table", "describe", "remove", "drop", "schedule")
_ADDED: tuple[dict[str, Any], ...] = (
    {"kind": "position"},
    {"kind": "integer", "min": 1, "max": 9},
    {"kind": "timestamp", "start": "2024-01-01", "end": "2025-02-01"},
    {"kind": "boolean"},
)
_PARAMETERS: dict[str, Any] = {
    "min": 0, "share": 0.7, "lag": {"max": "1h"}, "skew": {"zipf": 0.5}, "prefix": "Q", "values": ["u", "v"],
    "precision": "13s", "hours": {"1-2": 7}, "function": "max", "alive": None, "where": None, "as_of": None,
}  # fmt: skip


def edit(tree: Tree, chance: random.Random) -> tuple[str, Tree]:
    """A changed copy of a tree, and what was done to it; nothing when the edit does not fit what was chosen."""
    tree = copy.deepcopy(tree)
    table = chance.choice(list(tree["tables"]))
    name = chance.choice(list(_EDITS))
    _EDITS[name](tree, tree["tables"][table], chance)
    return name, tree


def _shuffle(mapping: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    names = list(mapping)
    chance.shuffle(names)
    return {name: mapping[name] for name in names}


def _shuffle_columns(_: Tree, table: Tree, chance: random.Random) -> None:
    table["columns"] = _shuffle(table["columns"], chance)


def _shuffle_tables(tree: Tree, _: Tree, chance: random.Random) -> None:
    tree["tables"] = _shuffle(tree["tables"], chance)


def _add_column(_: Tree, table: Tree, chance: random.Random) -> None:
    columns = list(table["columns"].items())
    columns.insert(chance.randrange(len(columns) + 1), ("zz", copy.copy(chance.choice(_ADDED))))
    table["columns"] = dict(columns)


def _add_table(tree: Tree, _: Tree, chance: random.Random) -> None:
    del chance
    tree["tables"] = {"aa": {"rows": 5, "key": "id", "columns": {"id": {"kind": "key"}}}, **tree["tables"]}


def _pick(table: Tree, chance: random.Random) -> str:
    """A column that is not of the key."""
    others = [name for name in table["columns"] if name not in table["key"]]
    return chance.choice(others) if others else ""


def _remove(_: Tree, table: Tree, chance: random.Random) -> None:
    table["columns"].pop(_pick(table, chance), None)


def _drop(_: Tree, table: Tree, chance: random.Random) -> None:
    if name := _pick(table, chance):
        table["columns"][name]["drop"] = not table["columns"][name].get("drop", False)


def _nulls(_: Tree, table: Tree, chance: random.Random) -> None:
    if name := _pick(table, chance):
        table["columns"][name]["nulls"] = 0.01 if table["columns"][name].get("nulls") else 0.5


def _describe(_: Tree, table: Tree, chance: random.Random) -> None:
    table["description"] = table["columns"][chance.choice(list(table["columns"]))]["description"] = "another text"


def _rows(_: Tree, table: Tree, chance: random.Random) -> None:
    rows = table["rows"]
    if isinstance(rows, int):
        table["rows"] = rows + chance.choice([1, 40])
    elif "every" in rows:
        rows["every"] = "3h"
    elif "mean" in rows and "max" not in rows:
        rows["mean"] += 0.5
    elif "per" in rows:
        rows["share"] = 0.3


def _parameter(_: Tree, table: Tree, chance: random.Random) -> None:
    column = table["columns"][chance.choice(list(table["columns"]))]
    known = [name for name in _PARAMETERS if name in column]
    if known:
        name = chance.choice(known)
        column[name] = copy.copy(_PARAMETERS[name])
        if column[name] is None:
            del column[name]


_EDITS: dict[str, Callable[[Tree, Tree, random.Random], None]] = {
    "shuffle columns": _shuffle_columns, "shuffle tables": _shuffle_tables, "add column": _add_column,
    "add table": _add_table, "remove": _remove, "drop": _drop, "nulls": _nulls, "describe": _describe, "rows": _rows,
    "parameter": _parameter,
    "seed": lambda tree, _, __: tree.update(seed=tree["seed"] ^ 1),
    "start": lambda tree, _, chance: tree.update(start=tree["start"] - timedelta(days=chance.choice([1, 7, 31]))),
    "schedule": lambda tree, _, __: tree["schedule"].update(cron="5 4 * * *"),
}  # fmt: skip
