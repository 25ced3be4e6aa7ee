"""Random datasets of every shape: row sources, references, look-ups, totals, expressions, names that are SQL keywords."""

from __future__ import annotations

import random
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from tests.properties.wild_draft import Draft, Wild

NAMES = ("select", "Order", "group", "table", "user", "values", "t_1", "Where", "x", "from", "limit", "union")
COLUMNS = (
    "order", "Select", "end", "case", "desc", "all", "default", "a", "b1", "c_c", "cast", "check", "column", "in", "is",
    "join", "like", "limit", "not", "null", "offset", "on", "or", "primary", "references", "then", "to", "union", "using",
    "when", "with", "value", "rows", "Row", "interval", "true", "year", "timestamp", "decimal", "count", "sum", "index",
)  # fmt: skip
WORDS = ("red", "it's", 'say "hi"', "Ünï", "日本", "a b", "%_", "\\")
MOMENTS = ("timestamp", "date")


def draw_wild(seed: int, folder: Path) -> Wild:
    """The dataset of a seed; its reference files are written to `folder`."""
    return _Drawer(random.Random(seed), folder).draw()


class _Drawer:
    def __init__(self, chance: random.Random, folder: Path) -> None:
        self.chance, self.folder = chance, folder
        self.drafts: dict[str, Draft] = {}
        self.periods = chance.choice(
            [("hour",), ("day",), ("day", "week"), ("week", "month"), ("hour", "day"), ("day",)]
        )
        self.days = {"hour": 1, "day": 9, "week": 30, "month": 75}[self.periods[-1]]
        # Lags are short where partitions are: the checks look as far ahead as rows can land late.
        self.short, self.long = ("1h", "4h") if self.periods == ("hour",) else ("5h", "2d")

    def draw(self) -> Wild:
        chance = self.chance
        names = chance.sample(NAMES, chance.randint(3, 7))
        for name in names:
            draft = self._source(name)
            self.drafts[name] = draft
            self._columns(draft)
        for draft in self.drafts.values():
            self._totals(draft)
            self._cycle(draft)
            self._derived(draft)
        start = date(2025, 1, 1) + timedelta(days=chance.randint(0, 120))
        tree = {
            "dataset": "wild", "seed": chance.randrange(2**62), "start": start,
            "schedule": {"cron": "0 2 * * *", "timezone": chance.choice(["UTC", "Europe/Berlin", "America/New_York"])},
            "tables": {d.name: {"rows": d.rows, "key": d.key, "columns": d.columns} for d in self.drafts.values()},
        }  # fmt: skip
        return Wild(tree, self.drafts, self.days)

    def maybe(self, share: float) -> bool:
        return self.chance.random() < share

    def fresh(self, draft: Draft) -> str:
        """A name that the table does not have yet."""
        taken = {name.casefold() for name in draft.columns}
        return self.chance.choice([name for name in COLUMNS if name.casefold() not in taken])

    def add(self, draft: Draft, kind: str, **settings: Any) -> str:
        name = self.fresh(draft)
        draft.columns[name] = {"kind": kind} | settings
        return name

    # Row sources -------------------------------------------------------------------------------------------------

    def _source(self, name: str) -> Draft:
        chance = self.chance
        ways = ["static", "period", "period", "file"] + ["child"] * 4 * bool(self.drafts) + ["grid"] * bool(self.drafts)
        way = chance.choice(ways) if self.drafts else chance.choice(["static", "period"])
        if way == "static":
            return Draft(name, way, 0 if self.maybe(0.06) else chance.randint(1, 60))
        if way == "file":
            return self._file(name)
        if way == "period":
            return self._period(name)
        parents = [d for d in self.drafts.values() if d.depth < 3 and len(d.key) == 1]
        if way == "grid":
            parents = [d for d in parents if d.source != "grid" and not self._under_grid(d)]
        if not parents:
            return Draft(name, "static", 7)
        parent = chance.choice(parents)
        return self._grid(name, parent) if way == "grid" else self._child(name, parent)

    def _under_grid(self, draft: Draft) -> bool:
        while draft.source == "child":
            draft = self.drafts[draft.parent or ""]
        return draft.source == "grid"

    def _file(self, name: str) -> Draft:
        count = self.chance.choice([0, 1, 3, 9])
        lines = ["Ünï,a b,quo'te,n", *(f"k{i},{i * 3},x{i % 2},{'' if i % 4 == 1 else i}" for i in range(count))]
        (self.folder / f"{name}.csv").write_text("\n".join(lines) + "\n")
        return Draft(name, "file", {"file": f"{name}.csv"})

    def _period(self, name: str) -> Draft:
        chance, period = self.chance, self.chance.choice(self.periods)
        rows: dict[str, Any] = {"per": period, "mean": chance.choice([0, 0.4, 1.5, 4, 9])}
        rows |= {"initial": chance.choice([1, 5, 30])} if self.maybe(0.6) else {}
        rows |= {"history": chance.choice(["1d", "40d", "3h"])} if self.maybe(0.3) else {}
        rows |= {"growth": chance.choice(["15%/year", "-30%/year"])} if self.maybe(0.3) else {}
        rows |= {"weekday": {"sat": 1.9, "sun": 0}} if self.maybe(0.3) else {}
        rows |= {"month": {"jan": 0, "feb": 2, "apr": 0.5}} if self.maybe(0.2) else {}
        rows |= {"holidays": "US"} if self.maybe(0.2) else {}
        rows |= {"noise": "poisson"} if self.maybe(0.5) else {}
        rows |= {"hours": {"9-17": 5, "0-3": 0}} if self.maybe(0.3) else {}
        return Draft(name, "period", rows, period=period)

    def _grid(self, name: str, parent: Draft) -> Draft:
        every, partition = self.chance.choice(
            [("6h", "day"), ("8h", "day"), ("20min", "hour"), ("1d", "week"), ("2d", "day")]
        )
        if partition not in self.periods:
            every, partition = ("7d", self.periods[-1]) if self.periods[-1] == "month" else ("1d", self.periods[-1])
        rows = {"per": parent.name, "every": every, "partition": partition}
        return Draft(name, "grid", rows, parent.name, partition, depth=3)

    def _child(self, name: str, parent: Draft) -> Draft:
        chance = self.chance
        rows: dict[str, Any] = {"per": parent.name} | chance.choice([
            {}, {"mean": 2.5}, {"distribution": "uniform", "max": 3}, {"distribution": "uniform", "min": 1, "max": 4},
            {"distribution": "geometric", "mean": 1.6, "max": 6}, {"distribution": "poisson", "mean": 1.2, "max": 5},
            {"distribution": "geometric", "mean": 1.5}, {"mean": 0},
        ])  # fmt: skip
        rows |= {"share": 0.6} if self.maybe(0.3) else {}
        flags = parent.of_kind("boolean")
        if flags and self.maybe(0.3):
            rows["when"] = {chance.choice(flags): [True]}
        return Draft(name, "child", rows, parent.name, parent.period, parent.late, parent.depth + 1)

    # Columns -----------------------------------------------------------------------------------------------------

    def _columns(self, draft: Draft) -> None:
        if draft.source == "file":
            self._file_columns(draft)
        elif draft.source == "grid":
            link = self._link_up(draft)
            draft.key = [link, self.add(draft, "timestamp")]
        else:
            self._keyed(draft)
        if draft.source == "period" and self.maybe(0.8):
            hours = {"hours": {"8-20": 4}} if self.maybe(0.3) else {}
            self.add(draft, "timestamp", **hours)
        if draft.source == "child" and draft.period:
            self._moment_of_parent(draft)
        for _ in range(self.chance.randint(1, 4)):
            self._plain(draft)
        moments = [name for name in draft.of_kind(*MOMENTS) if draft.columns[name].get("type") is None]
        if moments and self.maybe(0.5):
            nulls = {"nulls": 0.4} if self.maybe(0.6) else {}
            self.add(draft, "timestamp", after=self.chance.choice(moments), lag={"max": self.long}, **nulls)
        for _ in range(self.chance.randint(0, 2)):
            self._refer(draft)
        self._many_to_many(draft)
        self._look_up(draft)

    def _file_columns(self, draft: Draft) -> None:
        draft.key = [self.add(draft, "file", column="Ünï", unique=True)]
        for column in ("a b", "quo'te", "n"):
            if self.maybe(0.7):
                self.add(draft, "file", column=column)

    def _keyed(self, draft: Draft) -> None:
        link = self._link_up(draft) if draft.parent else None
        if link and self.maybe(0.4):
            draft.key = [link, self.add(draft, "position", start=self.chance.choice([0, 1]))]
            return
        settings = self.chance.choice([{"prefix": "K"}, {"prefix": "é'\""}, {"width": 5, "start": 7}])
        way = self.chance.choice(["key", "key", "uuid"])
        draft.key = [self.add(draft, way, **(settings if way == "key" else {}))]

    def _link_up(self, draft: Draft) -> str:
        name = self.add(draft, "reference", to=draft.parent)
        draft.links[name] = draft.parent or ""
        return name

    def _moment_of_parent(self, draft: Draft) -> None:
        parent = self.drafts[draft.parent or ""]
        link = next(iter(draft.links))
        moments = [n for n in parent.of_kind(*MOMENTS) if not self._may_be_null(parent, n)]
        if not moments:
            return
        base = self.add(draft, "lookup", of=link, column=self.chance.choice(moments))
        moment = self.add(
            draft, "timestamp", after=base, lag={"min": "0s", "max": self.chance.choice([self.short, self.long])}
        )
        if (
            self.maybe(0.5)
            and not self._under_grid(parent)
            and parent.columns[draft.columns[base]["column"]].get("start") is None
        ):
            draft.rows["partition_by"] = moment
            draft.late = True

    def _may_be_null(self, draft: Draft, name: str) -> bool:
        column = draft.columns[name]
        if column.get("nulls"):
            return True
        return any(self._may_be_null(draft, column[way]) for way in ("after", "of") if column.get(way) in draft.columns)

    def _plain(self, draft: Draft) -> None:
        chance = self.chance
        kinds: list[dict[str, Any]] = [
            {"kind": "integer", "min": -3, "max": 9}, {"kind": "integer", "distribution": "geometric", "mean": 2, "min": 0, "max": 40},
            {"kind": "number", "min": -2.5, "max": 7.25, "decimals": 2}, {"kind": "number", "min": 0.1, "max": 0.7},
            {"kind": "number", "distribution": "normal", "mean": 0, "sd": 2, "min": -9, "max": 9},
            {"kind": "boolean", "share": chance.choice([0, 0.5, 1, 0.1])}, {"kind": "boolean"},
            {"kind": "choice", "values": list(chance.sample(WORDS, 3))}, {"kind": "choice", "values": {"x": 1, "y": 5, "z": 0}},
            {"kind": "choice", "values": [1, 2, 5]}, {"kind": "constant", "value": chance.choice(["it's", 7, 1.5, True])},
            {"kind": "pattern", "pattern": "[A-C]{2}-\\d{1,2}"}, {"kind": "date", "start": date(2024, 3, 1), "end": date(2024, 4, 2)},
            {"kind": "timestamp", "start": "2024-01-01T00:00:30", "end": "2024-01-02", "precision": chance.choice(["1s", "7s", "1min"])},
            {"kind": "integer", "min": 1, "max": 2**50, "unique": True}, {"kind": "integer", "min": 0, "max": 100, "type": "int8"},
            {"kind": "number", "min": 0, "max": 1, "type": "decimal(6,3)"}, {"kind": "integer", "min": 0, "max": 9, "type": "string"},
            {"kind": "position"},
        ]  # fmt: skip
        column = chance.choice(kinds)
        if self.maybe(0.25) and not column.get("unique") and column["kind"] != "position":
            column["nulls"] = chance.choice([0.02, 0.5, 1.0])
        draft.columns[self.fresh(draft)] = column
        cases = [n for n in draft.of_kind("choice") if draft.columns[n]["values"] == {"x": 1, "y": 5, "z": 0}]
        if cases and self.maybe(0.5):
            self.add(
                draft,
                "choice",
                values=["p", "q"],
                when={chance.choice(cases): {"x": ["r", "s"], "y": {"t": 1, "u": 3}}},
            )

    # References --------------------------------------------------------------------------------------------------

    def _refer(self, draft: Draft) -> None:
        chance = self.chance
        own = draft.source not in ("file", "grid") and not self._under_grid(draft)
        parents = [
            d for d in self.drafts.values() if len(d.key) == 1 and not self._under_grid(d) and (d is not draft or own)
        ]
        parents = [d for d in parents if d.columns[d.key[0]]["kind"] != "reference"]
        if not parents:
            return
        parent = chance.choice(parents)
        column: dict[str, Any] = {"kind": "reference", "to": parent.name, "nulls": chance.choice([0.05, 0.3])}
        moments = [
            n for n in draft.of_kind(*MOMENTS) if not self._may_be_null(draft, n) and "start" not in draft.columns[n]
        ]
        if parent.period and not draft.period:
            return
        if parent.period and moments and self.maybe(0.7):
            column["as_of"] = chance.choice(moments)
            ends = [
                n for n in parent.of_kind(*MOMENTS) if self._may_be_null(parent, n) and "type" not in parent.columns[n]
            ]
            if ends and self.maybe(0.5):
                column["alive"] = chance.choice(ends)
        flags = parent.of_kind("boolean")
        if flags and self.maybe(0.4):
            column["where"] = chance.choice(flags)
        if self.maybe(0.5):
            column["skew"] = chance.choice(["uniform", {"zipf": 1.0}, {"zipf": 1.7}, {"pareto": 0.8}, {"recent": 0.6}])
        if draft.parent == parent.name and not set(column) & {"as_of", "alive", "where", "skew"}:
            return
        draft.links[self.add(draft, **column)] = parent.name

    def _many_to_many(self, draft: Draft) -> None:
        if draft.source != "child" or not self.maybe(0.4):
            return
        link = next(iter(draft.links))
        sizes = {
            d.name: d.rows for d in self.drafts.values() if d.source == "static" and d.rows >= 40 and d is not draft
        }
        if sizes and "max" in draft.rows:
            parent = self.chance.choice(list(sizes))
            skew = self.chance.choice([{}, {"skew": {"zipf": 1.4}}, {"spread": True}])
            draft.links[self.add(draft, "reference", to=parent, unique_within=link, **skew)] = parent

    def _look_up(self, draft: Draft) -> None:
        for _ in range(self.chance.randint(0, 3)):
            if not draft.links:
                return
            link = self.chance.choice(list(draft.links))
            parent = self.drafts[draft.links[link]]
            column = self.chance.choice(list(parent.columns))
            if parent is draft and (column == link or parent.columns[column]["kind"] in ("reference", "lookup")):
                continue
            name = self.add(draft, "lookup", of=link, column=column)
            if parent.columns[column]["kind"] == "reference":
                draft.links[name] = parent.links[column]

    # Columns that come last --------------------------------------------------------------------------------------

    def _totals(self, draft: Draft) -> None:
        below = [d for d in self.drafts.values() if d.source == "child" and draft.name in self._above(d)]
        for child in below:
            if self.maybe(0.5):
                self.add(draft, "aggregate", of=child.name, function="count")
            values = [n for n in child.of_kind("integer", "number") if child.columns[n].get("type") != "string"]
            values += child.of_kind("date")
            if values and self.maybe(0.8):
                column = self.chance.choice(values)
                functions = ["min", "max"] if column in child.of_kind("date") else ["sum", "min", "max", "mean"]
                if child.columns[column].get("unique"):
                    functions = ["min", "max"]
                self.add(draft, "aggregate", of=f"{child.name}.{column}", function=self.chance.choice(functions))

    def _above(self, draft: Draft) -> list[str]:
        found = []
        while draft.source == "child":
            found.append(draft.parent or "")
            draft = self.drafts[draft.parent or ""]
        return found

    def _cycle(self, draft: Draft) -> None:
        others = [d for d in self.drafts.values() if d.source == "static" and len(d.key) == 1 and d is not draft]
        if draft.source == "static" and others and self.maybe(0.3):
            other = self.chance.choice(others).name
            draft.links[self.add(draft, "reference", to=other, nulls=0.2)] = other

    def _derived(self, draft: Draft) -> None:
        numbers = [n for n in draft.of_kind("integer", "aggregate") if "type" not in draft.columns[n]]
        numbers = [
            n
            for n in numbers
            if draft.columns[n].get("function") not in ("min", "max") and not draft.columns[n].get("unique")
        ]
        if numbers and self.maybe(0.7):
            a, b = self.chance.choice(numbers), self.chance.choice(numbers)
            sql = self.chance.choice([
                f'"{a}" + "{b}"', f'coalesce("{a}", 0) * 2', f'CASE WHEN "{a}" > 2 THEN \'hi\' ELSE NULL END', f'"{a}" > 3',
                f'CAST("{a}" AS VARCHAR) || \'x\'', f'"{a}" / nullif("{b}", 0)', f'"{a}" IS NULL', f'greatest("{a}", "{b}", 0)',
            ])  # fmt: skip
            self.add(draft, "expression", sql=sql)
        for name, column in draft.columns.items():
            if name not in draft.key and self.maybe(0.12):
                column["drop"] = True
