"""Bars of prices: open, high, low, close and volume."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any, Literal

import numpy as np
import pyarrow as pa
from pydantic import Field, model_validator

from tempdata_dagster.core.fingerprint import fingerprint
from tempdata_dagster.engine.arrays import make_decimal, set_null, unwrap, wrap
from tempdata_dagster.engine.kind import Kind, Scope
from tempdata_dagster.engine.layout import GridLayout
from tempdata_dagster.engine.relation import Binding, Frame
from tempdata_dagster.engine.series.flows import Shape, bind_flow
from tempdata_dagster.engine.series.output import PRECISION, round_units
from tempdata_dagster.engine.series.parts import Points
from tempdata_dagster.engine.series.settings import Clustering, Geometric, Jumping, Share
from tempdata_dagster.engine.series.timeline import Timeline, bind_timeline, day_micros, hash_cells
from tempdata_dagster.generators import KINDS
from tempdata_dagster.generators.series import Amount, Calculation, Series
from tempdata_dagster.spec.values import Duration, Identifier

_MINUTE_US = 60_000_000
# As many points of the path are computed at once.
_POINTS = 1 << 19
_PRICES = ("open", "high", "low", "close")
_PRICE = ("tick", "decimals", "base", "geometric_brownian", "clustering", "jumps", "correlation", "sector", "origin")
_VOLUME = ("tick", "volume", "hours", "weekday", "month", "holidays", "noise")
_PATH = _PRICE[2:]


@KINDS.register("ohlcv")
class Ohlcv(Kind, Shape):
    """One figure of the bar of each step of a grid: `open`, `high`, `low`, `close` or `volume` of one price path.

    The path is a geometric Brownian motion, seen at every `tick` (a minute, or the grid's interval if that is shorter). Grids
    of the same parent with the same `process`, `tick` and settings see the same path, so that the bars of minutes add up to
    those of hours and days exactly; a bar closes at the price at which the next one opens. `like` takes all settings from
    another column (`high: {kind: ohlcv, field: high, like: open}`, or `minutes.open` of another table). A bar costs as
    many points as it has ticks: give grids of days without grids of minutes a longer one. `hours`, `weekday`, `month`,
    `holidays` and `noise` shape the volume.

    Example: {kind: ohlcv, field: open, base: 100, geometric_brownian: {volatility: 0.3}, volume: 2000000}
    """

    field: Literal["open", "high", "low", "close", "volume"]
    like: str | None = Field(default=None, max_length=130, description="a column that has all other settings")
    base: Amount = Field(default=100.0, description="the price on the day of the origin, or a column of the parent")
    geometric_brownian: Geometric = Geometric(volatility=0.3)
    clustering: Clustering | None = None
    jumps: Jumping | None = None
    correlation: Share = 0.0
    sector: Identifier | None = None
    origin: date = date(2020, 1, 1)
    volume: Amount = Field(default=100_000.0, description="traded on a mean day, or a column of the parent")
    decimals: int = Field(default=2, ge=0, le=9)
    tick: Duration | None = Field(default=None, ge=1_000_000, description="the finest interval of the path")
    process: Identifier = Field(default="price", description="another name is another path of the same parent")

    @model_validator(mode="after")
    def _consistent(self) -> Ohlcv:
        set_here = self.model_fields_set - {"kind", "field", "like", "type", "nulls", "description", "pii", "drop"}
        if self.like is not None and set_here:
            raise ValueError(f"a column that is like another has no '{min(set_here)}' of its own")
        if self.sector is not None and not self.correlation:
            raise ValueError("a sector needs a correlation of its series")
        return self

    def bind(self, scope: Scope) -> Binding:
        """The figure from a hidden column of bars, or from what has been traded before and after."""
        model = self.resolve(scope)
        layout = scope.rows_of(scope.table).layout
        if not isinstance(layout, GridLayout):
            hint = "make the table a grid: `rows: {per: <table>, every: 1h}`"
            scope.fail("TD2075", f"the rows of '{scope.table}' are no steps of a series", hint=hint)
        self._check_alike(scope, model, layout.parent.name)
        tick = model.tick or min(layout.every, _MINUTE_US)
        timeline = bind_timeline(scope, None, None, tick, model.process)
        return model.bind_volume(timeline) if self.field == "volume" else model.bind_price(timeline, self.field)

    def resolve(self, scope: Scope) -> Ohlcv:
        """The column that has the settings."""
        if self.like is None:
            return self
        table, _, name = self.like.rpartition(".")
        table = table or scope.table
        if table != scope.table:
            scope.rows_of(table, "like")
        scope.column_of(table, name, "like")
        model = scope.binder.columns_of(table)[name]
        if not isinstance(model, Ohlcv):
            scope.fail("TD2021", f"'{self.like}' is no column of bars", "like", hint="name a column of kind ohlcv")
        return model.resolve(scope)

    def _check_alike(self, scope: Scope, model: Ohlcv, parent: str) -> None:
        """Note a column that has other settings for what is drawn once for both."""
        settings = _VOLUME if self.field == "volume" else _PRICE
        for table, spec in scope.dataset.tables.items():
            for name, other in spec.columns.items():
                if not isinstance(other, Ohlcv) or other.like is not None or other.process != model.process:
                    continue
                if spec.parent != parent or (other.field == "volume") != (self.field == "volume"):
                    continue
                unequal = [one for one in settings if getattr(other, one) != getattr(model, one)]
                if unequal:
                    hint = f"write `like: {table}.{name}` in place of the settings, or give it a `process` of its own"
                    message = f"'{unequal[0]}' differs from that of '{table}.{name}', which shows the same process"
                    scope.fail("TD2077", message, unequal[0] if self.like is None else "like", hint=hint)

    def bind_price(self, timeline: Timeline, field: str) -> Binding:
        """Open, high, low or close."""
        scope = timeline.scope
        path = Series(kind="series", **{name: getattr(self, name) for name in _PATH}).make_calculation(timeline)
        number, nullable = timeline.number(self.base, "base")
        sector = timeline.column(self.sector, "sector")[1] if self.sector else None
        every = _interval(timeline)

        def draw(frame: Frame) -> pa.Array:
            base, null = number(frame)
            series, micros = timeline.series(frame), timeline.moment(frame)
            common = hash_cells(sector(frame)) if sector else None
            if common is None and self.correlation:
                common = np.zeros(len(frame), dtype=np.uint64)
            bars = self._draw_bars(timeline, path, every, (series, common, micros, base))
            fields = [wrap(np.ascontiguousarray(column), pa.int64()) for column in bars]
            cells = pa.StructArray.from_arrays(fields, list(_PRICES))
            return cells if null is None else pa.compute.if_else(pa.array(~null), cells, None)

        settings = self.model_dump(
            mode="json", exclude={"field", "like", "type", "nulls", "description", "pii", "drop"}
        )
        kind = pa.struct([(name, pa.int64()) for name in _PRICES])
        hidden = scope.share(f"bars {fingerprint(settings)}", lambda: Binding(kind, draw, nullable))

        def fill(frame: Frame) -> pa.Array:
            bars = frame.column(hidden)
            cells = make_decimal(unwrap(bars.field(field)), PRECISION, self.decimals)
            if not bars.null_count:
                return cells
            return set_null(cells, bars.is_null().to_numpy(zero_copy_only=False))

        return Binding(pa.decimal128(PRECISION, self.decimals), fill, nullable=nullable)

    def _draw_bars(
        self, timeline: Timeline, path: Calculation, every: int, rows: tuple[np.ndarray, Any, np.ndarray, np.ndarray]
    ) -> np.ndarray:
        """The four prices of each row in units of their last digit, int64 of shape `(4, n)`."""
        series, common, micros, base = rows
        width = every // timeline.tick + 1
        ticks = np.arange(width) * timeline.tick
        origin = int(timeline.steps(np.array([day_micros(self.origin)]))[0])
        name = f"{timeline.scope.table}.{timeline.scope.name}"
        bars = np.empty((4, len(series)), dtype=np.int64)
        block = max(_POINTS // width, 1)
        for first in range(0, len(series), block):
            some = slice(first, first + block)
            moments = (micros[some, None] + ticks).ravel()
            shared = None if common is None else np.repeat(common[some], width)
            points = Points((moments, moments), np.repeat(series[some], width), shared, timeline.steps(moments), origin)
            prices = round_units(path(points, np.repeat(base[some], width)), self.decimals, name).reshape(-1, width)
            bars[0, some], bars[3, some] = prices[:, 0], prices[:, -1]
            bars[1, some], bars[2, some] = prices.max(axis=1), prices.min(axis=1)
        return bars

    def bind_volume(self, timeline: Timeline) -> Binding:
        """What is traded from one step to the next, whole pieces."""
        flowed, quanta = bind_flow(timeline, self, "volume")
        number, nullable = timeline.number(self.volume, "volume")
        every = _interval(timeline)

        def fill(frame: Frame) -> pa.Array:
            (mean, null), series, begin = number(frame), timeline.series(frame), timeline.moment(frame)
            factor = np.maximum(mean, 0.0) / quanta
            traded = _count(flowed, series, timeline.steps(begin + every), factor)
            traded -= _count(flowed, series, timeline.steps(begin), factor)
            cells = wrap(traded, pa.int64())
            return cells if null is None else set_null(cells, null)

        return Binding(pa.int64(), fill, nullable=nullable, minimum=0)


def _interval(timeline: Timeline) -> int:
    layout = timeline.scope.relation.layout
    return layout.every if isinstance(layout, GridLayout) else timeline.tick


def _count(
    flowed: Callable[[np.ndarray, np.ndarray], np.ndarray], series: np.ndarray, step: np.ndarray, factor: np.ndarray
) -> np.ndarray:
    return np.asarray(np.floor(flowed(series, step) * factor).astype(np.int64))
