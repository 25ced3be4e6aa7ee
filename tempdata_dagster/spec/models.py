"""The models of a dataset file. They know no kinds: columns arrive already validated by their kind's class."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field, SerializeAsAny, field_validator, model_validator

from tempdata_dagster.spec.rows import ChildRows, FileRows, GridRows, PeriodRows, RowSource, StaticRows
from tempdata_dagster.spec.values import Identifier, Names, OneOrMoreNames, Period, Settings, Share

MAX_SEED = 2**63 - 1
MAX_MODIFIERS = 50


class ModifierSettings(Settings):
    """What every modifier carries: its kind.

    Attributes:
        kind: The registered name of the modifier.
    """

    kind: str


class ColumnSettings(Settings):
    """What every column may carry, whatever its kind.

    Attributes:
        kind: The registered name of the kind.
        type: An Arrow type to cast to, such as `int32` or `decimal(12,2)`.
        nulls: Share of the cells that are null.
        unique: No value twice in the whole table (nulls aside).
        pii: Treated as personal data: its values never appear in results or logs.
        drop: A helper: computed, and not written.
        keyed_by: Another column of the table: rows with equal keys there have equal values here.
        modifiers: Changes to the cells, one after another, before `nulls` and `type`.
    """

    kind: str
    type: str | None = Field(default=None, max_length=40)
    nulls: Share = 0.0
    unique: bool = False
    description: str = Field(default="", max_length=2000)
    pii: bool = False
    drop: bool = False
    keyed_by: Identifier | None = None
    modifiers: Annotated[
        tuple[SerializeAsAny[ModifierSettings], ...], Field(strict=False, max_length=MAX_MODIFIERS)
    ] = ()


class Schedule(Settings):
    """When the dataset is refreshed."""

    cron: str = Field(default="0 2 * * *", max_length=100)
    timezone: str = Field(default="UTC", max_length=60)


class Rule(Settings):
    """A SQL condition that every row meets."""

    sql: str = Field(min_length=1, max_length=2000)
    name: str | None = None
    severity: Literal["error", "warning"] = "error"


class Expectation(Settings):
    """A Great Expectations expectation, as its `type` and `kwargs` stand in a GX suite."""

    type: str = Field(pattern=r"^expect_[a-z0-9_]+$", max_length=120)
    kwargs: dict[str, Any] = {}
    severity: Literal["error", "warning"] = "error"


class Publication(Settings):
    """One place that a table is published to. Whatever else is set beside `to` and `format` is an option of the format.

    Attributes:
        to: `lake` for the lake of the environment, or one of its destinations by name.
        format: A file format; the destination's own by default.
    """

    model_config = ConfigDict(extra="allow")

    to: Identifier = "lake"
    format: str | None = Field(default=None, max_length=40)

    @property
    def options(self) -> dict[str, Any]:
        """The options of the format."""
        return dict(self.model_extra or {})


def _to_publication(value: Any) -> Any:
    return {"to": value} if isinstance(value, str) else value


Publications = Annotated[
    tuple[Annotated[Publication, BeforeValidator(_to_publication)], ...], Field(strict=False, max_length=20)
]


def _to_rule(value: Any) -> Any:
    return {"sql": value} if isinstance(value, str) else value


class Table(Settings):
    """One table: where its rows come from, its key, its columns and its checks.

    Attributes:
        rows: Where the rows come from.
        key: The column, or the columns together, that tell every row of the table apart.
        columns: The columns, in the order of the file that is written.
        rules: SQL conditions that every row meets.
        expectations: Great Expectations expectations beyond those that follow from the columns.
        owners: Who answers for the table: e-mail addresses or `team:` names.
        publish: Where the table goes, and as what, in place of the dataset's; the first is where its children look for it.
    """

    rows: RowSource
    key: OneOrMoreNames = ()
    description: str = Field(default="", max_length=2000)
    columns: dict[Identifier, ColumnSettings] = {}
    rules: Annotated[tuple[Annotated[Rule, BeforeValidator(_to_rule)], ...], Field(strict=False)] = ()
    expectations: Annotated[tuple[Expectation, ...], Field(strict=False)] = ()
    owners: Annotated[tuple[str, ...], Field(strict=False)] = ()
    publish: Publications = ()

    @property
    def parent(self) -> str | None:
        """The table that this one's rows hang on (`per: <table>`), if any."""
        return self.rows.per if isinstance(self.rows, (ChildRows, GridRows)) else None

    @property
    def written(self) -> tuple[str, ...]:
        """The names of the columns that are written, in the file's order."""
        return tuple(name for name, column in self.columns.items() if not column.drop)


class Dataset(Settings):
    """A dataset file.

    Attributes:
        dataset: The name: of the lake's folder, and first part of the assets' keys.
        seed: Another seed makes other data of the same shape.
        locale: The language and country of names, addresses and texts, such as `de_DE`.
        start: The first day of the tables that are partitioned in time.
        schedule: When the newest partition is made.
        tags: Labels of the assets.
        publish: Where tables go, and as what; the lake of the environment by default.
        tables: The tables by name.
    """

    dataset: Identifier
    description: str = Field(default="", max_length=5000)
    seed: int = Field(default=0, ge=0, le=MAX_SEED)
    locale: str = Field(default="en_US", pattern=r"^[a-z]{2,3}(_[A-Z][A-Za-z]{3})?(_[A-Z]{2})?$")
    start: date | None = None
    schedule: Schedule | None = None
    tags: dict[str, str] = {}
    publish: Publications = ()
    tables: dict[Identifier, Table] = Field(min_length=1, max_length=1000)

    @field_validator("start")
    @classmethod
    def _in_range(cls, start: date | None) -> date | None:
        if start is not None and not date(1970, 1, 1) <= start <= date(2200, 1, 1):
            raise ValueError("start is between 1970-01-01 and 2200-01-01")
        return start

    @model_validator(mode="after")
    def _start_where_needed(self) -> Dataset:
        timed = [name for name, table in self.tables.items() if isinstance(table.rows, (PeriodRows, GridRows))]
        if timed and self.start is None:
            raise ValueError(f"table '{timed[0]}' is partitioned in time: the dataset needs a 'start' date")
        return self

    def root_of(self, table: str) -> str:
        """The table at the top of `table`'s chain of `per: <table>` children."""
        while isinstance(rows := self.tables[table].rows, ChildRows):
            table = rows.per
        return table

    def publications_of(self, table: str) -> Publications:
        """Where `table` goes; nothing when neither it nor the dataset says so."""
        return self.tables[table].publish or self.publish

    def period_of(self, table: str) -> Period | None:
        """The partition length of `table`; None when it is static."""
        rows = self.tables[self.root_of(table)].rows
        if isinstance(rows, PeriodRows):
            return rows.per
        return rows.partition if isinstance(rows, GridRows) else None


__all__ = [
    "ChildRows",
    "ColumnSettings",
    "Dataset",
    "Expectation",
    "FileRows",
    "GridRows",
    "Names",
    "PeriodRows",
    "Publication",
    "Rule",
    "Schedule",
    "StaticRows",
    "Table",
]  # fmt: skip
