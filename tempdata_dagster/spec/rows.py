"""Where a table's rows come from: `rows:` in the dataset file."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from tempdata_dagster.spec.values import Duration, Hours, Identifier, Period, Settings, Share

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
MAX_ROWS = 10**12
_MOST_WITHOUT_MAX = 30_000
Factor = Annotated[float, Field(ge=0, le=1000)]


def parse_growth(value: Any) -> float:
    """The yearly growth rate of `15%/year`: 0.15; a plain number passes.

    Raises:
        ValueError: It is no growth.
    """
    if isinstance(value, str):
        match = re.fullmatch(r"(-?\d+(?:\.\d+)?)%\s*/\s*year", value.strip())
        if not match:
            raise ValueError(f"'{value[:40]}' is not a growth: write it as 15%/year")
        return float(match[1]) / 100
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError("not a growth: write it as 15%/year")
    return float(value)


class StaticRows(Settings):
    """A fixed number of rows: `rows: 2_000`, or `rows: {count: 25, scale: false}` for a number that no scale changes."""

    count: int = Field(ge=0, le=MAX_ROWS)
    scale: bool = True


class Holidays(Settings):
    """The public holidays of a country multiply the rate by `factor`."""

    country: str = Field(pattern=r"^[A-Z]{2}$")
    factor: Factor = 0.4


class PeriodRows(Settings):
    """A rate per period with its calendar, and the population that was there before the first period."""

    per: Period
    mean: float = Field(ge=0, le=1e10)
    initial: int = Field(default=0, ge=0, le=MAX_ROWS)
    history: Duration = Field(default=365 * 86_400_000_000, description="how far back the initial rows reach")
    weekday: dict[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], Factor] = {}
    month: dict[
        Literal["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], Factor
    ] = {}
    hours: Hours = (1.0,) * 24
    holidays: Holidays | None = None
    growth: Annotated[float, BeforeValidator(parse_growth, json_schema_input_type=str | float)] = Field(
        default=0.0, gt=-1, le=10
    )
    noise: Literal["poisson", "none"] = "none"

    @field_validator("holidays", mode="before")
    @classmethod
    def _country(cls, value: Any) -> Any:
        return {"country": value} if isinstance(value, str) else value


class ChildRows(Settings):
    """Children of each row of a parent table.

    `partition_by` names a timestamp or date column of this table: the row is then published in the partition of
    that moment, in place of its parent's.
    `when` maps columns of the parent to the values that have children; other parents have none.
    """

    per: Identifier
    distribution: Literal["fixed", "uniform", "geometric", "poisson"] = "fixed"
    mean: float | None = Field(default=None, ge=0, le=1e6)
    min: int = Field(default=0, ge=0, le=1_000_000)
    max: int | None = Field(default=None, ge=0, le=1_000_000)
    share: Share = Field(default=1.0, description="share of the parents that have children at all")
    when: dict[Identifier, Annotated[tuple[str | int | bool, ...], Field(strict=False)]] = {}
    partition_by: Identifier | None = None

    @model_validator(mode="after")
    def _bounds(self) -> ChildRows:
        if self.max is not None and self.max < self.min:
            raise ValueError(f"max {self.max} is less than min {self.min}")
        if self.distribution in ("geometric", "poisson") and self.mean is None:
            raise ValueError(f"a {self.distribution} number of children needs a mean")
        if self.distribution == "uniform" and self.max is None:
            raise ValueError("a uniform number of children needs a max")
        if self.distribution == "geometric" and self.max is None and (self.mean or 0) - self.min > _MOST_WITHOUT_MAX:
            raise ValueError(f"a geometric number of children with a mean over {_MOST_WITHOUT_MAX:,} needs a max")
        if self.mean is not None and not self.min <= self.mean <= (self.max if self.max is not None else 1e6):
            raise ValueError(f"mean {self.mean} lies outside min and max")
        return self


class GridRows(Settings):
    """A regular grid in time for each row of a parent table: sensors, tickers, meters."""

    per: Identifier
    every: Duration
    # YAML gives text, of which a strict model makes no Period.
    partition: Period = Field(default=Period.DAY, strict=False)

    @field_validator("every")
    @classmethod
    def _sensible(cls, every: int) -> int:
        if not 1_000 <= every <= 31 * 86_400_000_000:
            raise ValueError("'every' is between 1ms and 31d")
        return every


class FileRows(Settings):
    """The rows of a stored reference table (CSV or Parquet), relative to the dataset file's folder."""

    file: str = Field(min_length=1, max_length=300)


RowSource = StaticRows | PeriodRows | ChildRows | GridRows | FileRows


def choose_rows(value: Any) -> tuple[type[Settings], Any]:
    """The row-source class that `rows:` means and the mapping to validate with it.

    Raises:
        ValueError: It is neither a whole number nor a mapping with `count`, `per` or `file`.
    """
    # Chosen here and not by a union of models, whose errors would speak of all of them.
    if isinstance(value, int) and not isinstance(value, bool):
        return StaticRows, {"count": value}
    if not isinstance(value, dict):
        raise ValueError("rows is a whole number, or a mapping with 'count', 'per' or 'file'")
    if "file" in value:
        return FileRows, value
    if "count" in value:
        return StaticRows, value
    if "per" not in value:
        raise ValueError("rows needs 'count', 'per' (hour, day, week, month or a table) or 'file'")
    if not isinstance(value["per"], str):
        raise ValueError("'per' is a period or the name of a table")
    if value["per"] in set(Period):
        return PeriodRows, value | {"per": Period(value["per"])}
    return (GridRows if "every" in value else ChildRows), value
