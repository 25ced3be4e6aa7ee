"""Version numbers of software."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from pydantic import Field

from tempdata_dagster.engine import portable
from tempdata_dagster.engine.distributions.guide import DiscreteTable
from tempdata_dagster.engine.kind import Kind, Scope
from tempdata_dagster.engine.relation import Binding, Frame
from tempdata_dagster.engine.streams import below
from tempdata_dagster.generators import KINDS
from tempdata_dagster.locales.pieces import Pieces
from tempdata_dagster.spec.values import Share

_STAGES = ("alpha", "beta", "rc")
_MOST_STAGES = 5
_PATTERN = r"(0|[1-9][0-9]*)(\.(0|[1-9][0-9]*)){2}(-(alpha|beta|rc)\.[1-9])?"


@KINDS.register("semantic_version")
class SemanticVersion(Kind):
    """A version such as `2.14.3` or `3.0.0-rc.1`, as semver.org has it: small numbers are more frequent than large ones.

    Example: {kind: semantic_version, major: 4, prerelease: 10%}
    """

    major: int = Field(default=5, ge=0, le=999, description="greatest first number")
    minor: int = Field(default=20, ge=0, le=999, description="greatest second number")
    patch: int = Field(default=12, ge=0, le=999, description="greatest third number")
    prerelease: Share = Field(default=0.05, description="share of versions before a release")

    def bind(self, scope: Scope) -> Binding:
        """Numbers by table, glued."""
        tables = [_favour_small(most) for most in (self.major, self.minor, self.patch)]
        most = max(self.major, self.minor, self.patch) + 1
        stages = [f"-{stage}.{number}" for stage in _STAGES for number in range(1, _MOST_STAGES + 1)]
        stock = Pieces(pa.array([*(f"{n}." for n in range(most)), *map(str, range(most)), "", *stages]))
        streams = [scope.stream(lane) for lane in ("", "minor", "patch")]
        stage = scope.stream("stage")

        def fill(frame: Frame) -> pa.Array:
            index = np.empty((len(frame), 4), dtype=np.int32)
            for place, (table, stream) in enumerate(zip(tables, streams, strict=True)):
                index[:, place] = table.look_up(stream.bits(frame.rows))
            index[:, 2] += most
            bits = stage.bits(frame.rows)
            early = (bits >> np.uint64(11)).astype(np.float64) * 2.0**-53 < self.prerelease
            index[:, 3] = 2 * most + np.where(early, 1 + below(bits << np.uint64(32), len(stages)), 0)
            return stock.glue(index)

        return Binding(pa.string(), fill, pattern=_PATTERN)


def _favour_small(most: int) -> DiscreteTable:
    return DiscreteTable(portable.power(np.arange(most + 1) + 2.0, -0.7))
