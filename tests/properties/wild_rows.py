"""The rows of a random dataset as plain Python values, and what must hold among them, said without the engine."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from tempdata_dagster.core.partition import Period, datetime_of, key_of, ordinal_at, ordinal_of
from tempdata_dagster.engine.plan import Plan
from tests.properties.shop import rows_of
from tests.properties.wild_draft import Draft, Wild

Row = dict[str, Any]


@dataclass
class Lake:
    """All rows of a dataset.

    Attributes:
        tables: Of each table its partitions, as Arrow tables by key.
        rows: Of each table its rows in order; `_key` is a row's partition, `_row` its number.
    """

    tables: dict[str, dict[str | None, pa.Table]]
    rows: dict[str, list[Row]]


def keys_until(plan: Plan, wild: Wild, table: str) -> list[str | None]:
    """The partitions of a table up to the dataset's last day; late tables have some more."""
    period = plan.period(table)
    if period is None:
        return [None]
    end = end_of(wild) + late_by(wild)
    last = int(ordinal_at(period, int(end.timestamp()) * 1_000_000)) - 1
    first = plan.first_ordinal(table)
    return [key_of(period, ordinal) for ordinal in range(first, last + 1)]


def end_of(wild: Wild) -> datetime:
    """The end of the last day whose rows have all their descendants in the lake."""
    return datetime.combine(wild.tree["start"] + timedelta(days=wild.days), datetime.min.time(), UTC)


def late_by(wild: Wild) -> timedelta:
    """How much later a row's descendants may land."""
    if not any(draft.late for draft in wild.drafts.values()):
        return timedelta(0)
    return timedelta(days=1) if wild.days == 1 else timedelta(days=9)


def read_lake(plan: Plan, wild: Wild) -> Lake:
    """Every row up to the dataset's last day."""
    tables = {name: {key: rows_of(plan, name, key) for key in keys_until(plan, wild, name)} for name in wild.drafts}
    rows: dict[str, list[Row]] = {}
    for name, parts in tables.items():
        rows[name] = [row | {"_key": key} for key, part in parts.items() for row in part.to_pylist()]
        for number, row in enumerate(rows[name]):
            row["_row"] = number
    return Lake(tables, rows)


def find_violations(plan: Plan, wild: Wild, lake: Lake) -> Iterator[str]:
    """What does not hold, each with its table and column."""
    for name, draft in wild.drafts.items():
        rows = lake.rows[name]
        key = [tuple(row[column] for column in draft.key) for row in rows]
        if len(set(key)) < len(key):
            yield f"{name}: a key stands twice"
        for column in draft.columns:
            for broken in _check(draft, column, wild, lake):
                yield f"{name}.{column} {draft.columns[column]}: {broken}"
        yield from (f"{name}: {broken}" for broken in _check_contract(plan, name, lake))
        yield from (f"{name}: {broken}" for broken in _check_landing(plan, draft, lake))


def _check(draft: Draft, name: str, wild: Wild, lake: Lake) -> Iterator[str]:
    checks: dict[str, Callable[[Draft, str, Wild, Lake], Iterator[str]]] = {
        "reference": _check_reference, "lookup": _check_lookup, "aggregate": _check_total, "position": _check_position,
        "expression": _check_expression, "choice": _check_choice,
    }  # fmt: skip
    kind = draft.columns[name]["kind"]
    if kind in checks:
        yield from checks[kind](draft, name, wild, lake)


def parents_of(draft: Draft, name: str, wild: Wild, lake: Lake) -> list[tuple[Row, Row | None]]:
    """Each row with the row that its reference names, by the key's value; None where it is null or names none."""
    parent = draft.links[name]
    known = {row[wild.drafts[parent].key[0]]: row for row in lake.rows[parent]}
    return [(row, known.get(row[name])) for row in lake.rows[draft.name]]


def _check_reference(draft: Draft, name: str, wild: Wild, lake: Lake) -> Iterator[str]:
    column, parent = draft.columns[name], wild.drafts[draft.links[name]]
    pairs = parents_of(draft, name, wild, lake)
    if any(row[name] is not None and found is None for row, found in pairs):
        yield "an orphan"
    known = [(row, found) for row, found in pairs if found is not None]
    if any(row[name] is None for row, _ in pairs) and not column.get("nulls"):
        yield "a null"
    if column.get("nulls") == 0 and len(known) < len(pairs):
        yield "nulls"
    if parent.name == draft.name and any(found["_row"] >= row["_row"] for row, found in known):
        yield "a row that did not come earlier"
    if (
        parent.period == draft.period
        and parent.period
        and not draft.late
        and any(found["_key"] > row["_key"] for row, found in known)
    ):
        yield "a parent of a later partition"
    if moment := column.get("as_of"):
        yield from _check_as_of(parent, moment, column.get("alive"), known)
    if (where := column.get("where")) and not all(found[where] for _, found in known):
        yield "a parent for which `where` does not hold"
    if group := column.get("unique_within"):
        several = Counter((row[group], row[name]) for row, found in known)
        if any(count > 1 for count in several.values()):
            yield "a parent twice"


def _check_as_of(parent: Draft, moment: str, ends: str | None, known: list[tuple[Row, Row]]) -> Iterator[str]:
    certain = [n for n in parent.of_kind("timestamp", "date") if _is_creation(parent, n)]
    for since in certain:
        if any(to_moment(found[since]) > to_moment(row[moment]) for row, found in known):
            yield f"a parent whose {since} is later"
    if ends and any(
        found[ends] is not None and to_moment(found[ends]) <= to_moment(row[moment]) for row, found in known
    ):
        yield f"a parent that ended by {ends}"


def _is_creation(parent: Draft, name: str) -> bool:
    column = parent.columns[name]
    own = set(column) - {"kind", "hours", "drop", "precision"}
    return parent.source == "period" and not own and parent.of_kind("timestamp", "date")[0] == name


def to_moment(value: date | datetime) -> datetime:
    """A moment; of a day its midnight."""
    return value if isinstance(value, datetime) else datetime.combine(value, datetime.min.time(), UTC)


def _check_lookup(draft: Draft, name: str, wild: Wild, lake: Lake) -> Iterator[str]:
    column = draft.columns[name]
    for row, found in parents_of(draft, column["of"], wild, lake):
        wanted = None if found is None else found[column["column"]]
        if column.get("nulls"):
            continue
        if row[name] != wanted:
            yield f"{row[name]!r} in place of {wanted!r}"
            return


def _check_total(draft: Draft, name: str, wild: Wild, lake: Lake) -> Iterator[str]:
    column = draft.columns[name]
    table, _, source = column["of"].partition(".")
    below: dict[Any, list[Any]] = defaultdict(list)
    tops = climb(wild, lake, table, draft.name)
    for row in lake.rows[table]:
        below[tops[row["_row"]]].append(row[source] if source else 1)
    for row in lake.rows[draft.name]:
        if draft.period and datetime_of(
            Period(draft.period), ordinal_of(Period(draft.period), row["_key"]) + 1
        ) > end_of(wild):
            continue
        cells = [cell for cell in below[row[draft.key[0]]] if cell is not None]
        wanted = _reduce(cells, "sum" if column["function"] == "count" else column["function"])
        close = (
            isinstance(wanted, float)
            and row[name] is not None
            and abs(row[name] - wanted) <= 1e-9 * max(abs(wanted), 1)
        )
        if row[name] != wanted and not close:
            yield f"{row[name]!r} in place of {wanted!r} of {cells}"
            return


def _reduce(cells: list[Any], function: str) -> Any:
    if function == "sum":
        return sum(cells)
    if not cells:
        return None
    return {"min": min, "max": max, "mean": lambda some: float(sum(some)) / len(some)}[function](cells)


def climb(wild: Wild, lake: Lake, table: str, top: str) -> dict[int, Any]:
    """For each row of a table the key of the row of `top` that it hangs on."""
    draft = wild.drafts[table]
    link = next(iter(draft.links))
    above = draft.links[link]
    if above == top:
        return {row["_row"]: row[link] for row in lake.rows[table]}
    higher = climb(wild, lake, above, top)
    return {row["_row"]: higher[found["_row"]] for row, found in parents_of(draft, link, wild, lake) if found}


def _check_position(draft: Draft, name: str, wild: Wild, lake: Lake) -> Iterator[str]:
    del wild
    if draft.source not in ("child", "static") or draft.columns[name].get("nulls"):
        return
    start, seen = draft.columns[name].get("start", 1), defaultdict(list)
    link = next(iter(draft.links)) if draft.source == "child" else None
    for row in lake.rows[draft.name]:
        seen[row[link] if link else None].append(row[name])
    if any(not draft.late and some != list(range(start, start + len(some))) for some in seen.values()):
        yield "positions with gaps"


def _check_expression(draft: Draft, name: str, wild: Wild, lake: Lake) -> Iterator[str]:
    del wild
    table = pa.concat_tables(lake.tables[draft.name].values())  # noqa: F841 - DuckDB finds it by its name
    with duckdb.connect() as connection:
        wanted = connection.execute(f'SELECT ({draft.columns[name]["sql"]}) AS v FROM "table"').fetchall()
    if [one for (one,) in wanted] != [row[name] for row in lake.rows[draft.name]]:
        yield "another result"


def _check_choice(draft: Draft, name: str, wild: Wild, lake: Lake) -> Iterator[str]:
    del wild
    column = draft.columns[name]
    ((other, cases),) = column.get("when", {None: {}}).items()
    for row in lake.rows[draft.name]:
        allowed = cases.get(row.get(other), column["values"])
        if row[name] is None if column.get("nulls") else False:
            continue
        if row[name] not in list(allowed):
            yield f"{row[name]!r} is none of {allowed}"
            return


def _check_contract(plan: Plan, name: str, lake: Lake) -> Iterator[str]:
    contract = plan.contract(name)
    for column in contract.columns:
        cells = pa.concat_tables(lake.tables[name].values())[column.name]
        values = [cell for cell in cells.to_pylist() if cell is not None]
        if cells.type != column.type:
            yield f"{column.name} is a {cells.type}, not a {column.type}"
        if cells.null_count and not column.nullable:
            yield f"{column.name} has nulls"
        if column.unique and len(set(values)) < len(values):
            yield f"{column.name} has a value twice"
        for end, least in ((column.minimum, True), (column.maximum, False)):
            outside = [
                v
                for v in values
                if end is not None and (_number(v) < _number(end) if least else _number(v) > _number(end))
            ]
            if outside:
                yield f"{column.name} has {outside[0]!r} beyond {end!r}"
        if column.values is not None and not set(values) <= set(column.values):
            yield f"{column.name} has {set(values) - set(column.values)} beyond its values"
        if column.pattern is not None and values:
            text = pa.array(values)
            if not pc.all(pc.match_substring_regex(text, f"^(?:{column.pattern})$")).as_py():
                yield f"{column.name} does not match {column.pattern}"


def _number(value: Any) -> Any:
    if isinstance(value, (float, int, Decimal)) and not isinstance(value, bool):
        return Decimal(value) if not isinstance(value, float) else value
    return value


def _check_landing(plan: Plan, draft: Draft, lake: Lake) -> Iterator[str]:
    period = plan.period(draft.name)
    if period is None:
        return
    first = key_of(period, plan.first_ordinal(draft.name))
    moment = draft.rows.get("partition_by") if draft.source == "child" else None
    if draft.source in ("period", "grid"):
        moment = next(
            (n for n in draft.of_kind("timestamp", "date") if not set(draft.columns[n]) - {"kind", "hours", "drop"}),
            None,
        )
    for row in lake.rows[draft.name] if moment else ():
        begin = datetime_of(Period(period), ordinal_of(period, row["_key"]))
        end = datetime_of(Period(period), ordinal_of(period, row["_key"]) + 1)
        inside = begin <= to_moment(row[moment]) < end or (
            draft.columns[moment]["kind"] == "date" and begin.date() <= row[moment] < end.date() + timedelta(days=1)
        )
        if not inside and not (row["_key"] == first and to_moment(row[moment]) < begin):
            yield f"{moment} {row[moment]} lies in {row['_key']}"
            return
