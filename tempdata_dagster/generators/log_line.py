"""Lines of logs."""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType
from typing import Annotated

import numpy as np
import pyarrow as pa
from pydantic import Field, field_validator

from tempdata_dagster.engine.arrays import wrap
from tempdata_dagster.engine.cells import Index, choose_term
from tempdata_dagster.engine.distributions.guide import DiscreteTable
from tempdata_dagster.engine.kind import Kind, Scope
from tempdata_dagster.engine.relation import Binding, Frame
from tempdata_dagster.engine.streams import below
from tempdata_dagster.engine.written import parse_template
from tempdata_dagster.generators import KINDS
from tempdata_dagster.generators.template import bind_pieces, write_pieces
from tempdata_dagster.locales.pieces import Pieces
from tempdata_dagster.spec.values import MAX_WEIGHT

_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
_ALIASES = MappingProxyType({"warn": 2, "fatal": 4, "trace": 0, "notice": 1})
_LOGGERS = ("app.main", "app.orders", "app.payments", "app.search", "auth.session", "cache.redis", "db.pool", "http.server",
            "jobs.scheduler", "mail.queue", "storage.s3", "metrics.export")  # fmt: skip
# A message is one start and one end of its level.
_MESSAGES = (
    (("Cache lookup for", "Entering handler of", "Loaded configuration of", "Query plan of", "Serialised response of"),
     ("the product list", "session 41", "the order page", "user settings", "request 7731", "the price table")),
    (("Started", "Finished", "Accepted", "Refreshed", "Stored", "Closed"),
     ("the nightly export", "a connection from the load balancer", "order batch 118", "the search index", "a user session",
      "job cleanup in 204 ms")),
    (("Slow answer from", "Retrying", "Deprecated field used by", "Nearly out of space on", "Unusual number of requests from"),
     ("the payment service", "the mail queue", "volume data-2", "client mobile-app", "the recommendation service")),
    (("Could not reach", "Timed out waiting for", "Rejected by", "Unhandled exception in", "Lost connection to"),
     ("the payment service", "the database", "the mail server", "the order handler", "storage node 3")),
    (("No space left for", "Data corruption found in", "Shutting down after failure of", "Out of memory in"),
     ("the write-ahead log", "the primary database", "worker 5", "the order queue")),
)  # fmt: skip
_GIVEN = ("level", "logger", "message")
_Weights = dict[str, Annotated[float, Field(ge=0, le=MAX_WEIGHT, strict=False)]]


@KINDS.register("log_line")
class LogLine(Kind):
    """A line of a log by a template over the row's other columns, as the kind `template` has it.

    Besides columns it knows `{level}`, `{logger}` and a `{message}` that suits the level. A column of the table that has one of
    these names comes before them, and the message suits its level too.

    Example: {kind: log_line, template: "{ordered_at:%Y-%m-%d %H:%M:%S} {level} [{logger}] {order_id}: {message}"}
    """

    template: str = Field(
        default="{level} [{logger}] {message}", min_length=1, max_length=4_000, description="as of the kind `template`"
    )
    levels: _Weights = Field(default={"DEBUG": 15, "INFO": 75, "WARNING": 7, "ERROR": 2.8, "CRITICAL": 0.2},
                             description="the levels' weights")  # fmt: skip

    @field_validator("template")
    @classmethod
    def _parses(cls, text: str) -> str:
        parse_template(text)
        return text

    @field_validator("levels")
    @classmethod
    def _known(cls, levels: dict[str, float]) -> dict[str, float]:
        unknown = [level for level in levels if level not in _LEVELS]
        if unknown:
            raise ValueError(f"'{unknown[0][:40]}' is no level: {', '.join(_LEVELS)}")
        if not any(levels.values()):
            raise ValueError("the weights of the levels are all 0")
        return levels

    def bind(self, scope: Scope) -> Binding:
        """The columns' texts and the drawn ones, joined."""
        columns = scope.binder.columns_of(scope.table)
        drawn = [name for name in _GIVEN if name not in columns or name == scope.name]
        pieces = bind_pieces(scope, self.template, "template", drawn)
        used = {name for name, _ in pieces}
        nullable = any(scope.column(name).nullable for name in used - {""} - set(drawn))
        makers = {
            name: make
            for name, make in self._makers(scope, "level" in drawn, used).items()
            if name in used & set(drawn)
        }

        def fill(frame: Frame) -> pa.Array:
            return write_pieces(frame, pieces, {name: make(frame) for name, make in makers.items()})

        return Binding(pa.string(), fill, nullable=nullable)

    def _makers(self, scope: Scope, own: bool, used: set[str]) -> dict[str, Callable[[Frame], pa.Array]]:
        """What fills the names that are no columns."""
        level = self._choose_level(scope, own) if own or "message" in used else None
        logger, message = scope.stream("logger"), scope.stream("message")
        stock, firsts, counts = _stock_messages()

        def write_message(frame: Frame) -> pa.Array:
            which = level(frame) if level is not None else np.ones(len(frame), dtype=np.int64)
            which = np.where(which < 0, 1, which)  # a level that is not known reads like INFO
            bits = message.bits(frame.rows)
            index = np.empty((len(frame), 2), dtype=np.int32)
            index[:, 0] = firsts[which, 0] + below(bits, counts[which, 0])
            index[:, 1] = firsts[which, 1] + below(bits << np.uint64(32), counts[which, 1])
            return stock.glue(index)

        names, loggers = pa.array(_LEVELS), pa.array(_LOGGERS)
        return {
            "level": lambda frame: names.take(wrap(level(frame).astype(np.int32), pa.int32())) if level else names,
            "logger": lambda frame: loggers.take(wrap(below(logger.bits(frame.rows), len(_LOGGERS)), pa.int64())),
            "message": write_message,
        }

    def _choose_level(self, scope: Scope, own: bool) -> Index:
        if not own:
            terms = {level.lower(): place for place, level in enumerate(_LEVELS)} | dict(_ALIASES)
            return choose_term(scope, "level", "template", terms, "level")[0]
        table, stream = DiscreteTable([self.levels.get(level, 0.0) for level in _LEVELS]), scope.stream("level")
        return lambda frame: table.look_up(stream.bits(frame.rows))


def _stock_messages() -> tuple[Pieces, np.ndarray, np.ndarray]:
    """All starts and ends, and for each level where its own begin and how many they are."""
    stock: list[str] = []
    firsts, counts = np.empty((len(_MESSAGES), 2), dtype=np.int64), np.empty((len(_MESSAGES), 2), dtype=np.int64)
    for level, parts in enumerate(_MESSAGES):
        for side, texts in enumerate(parts):
            firsts[level, side], counts[level, side] = len(stock), len(texts)
            stock += [f"{text} " for text in texts] if side == 0 else list(texts)
    return Pieces(pa.array(stock)), firsts, counts
