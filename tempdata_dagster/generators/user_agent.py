"""User-Agent headers, and the base of what they tell."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
import pyarrow as pa
from pydantic import Field

from tempdata_dagster.engine.arrays import wrap
from tempdata_dagster.engine.distributions.guide import DiscreteTable
from tempdata_dagster.engine.kind import Kind, Scope
from tempdata_dagster.engine.relation import Binding
from tempdata_dagster.generators import KINDS
from tempdata_dagster.locales.devices import read_clients

_CLOSED_SET = 1_000


class DeviceKind(Kind):
    """One thing about the device that a row comes from; columns of one `of` tell of one device."""

    part: ClassVar[Literal["device", "os", "browser", "user_agent"]]
    of: str = Field(default="", max_length=60, description="which device, where a row has several")

    def bind(self, scope: Scope) -> Binding:
        """An index by the device's own stream."""
        clients = read_clients()
        texts = [str(getattr(client, self.part)) for client in clients]
        values = tuple(dict.fromkeys(texts))
        places, array = np.array([values.index(text) for text in texts], dtype=np.int32), pa.array(values)
        table, stream = DiscreteTable([client.weight for client in clients]), scope.shared_stream("device", self.of)
        return Binding(
            pa.dictionary(pa.int32(), pa.string()),
            lambda frame: pa.DictionaryArray.from_arrays(
                wrap(places[table.look_up(stream.bits(frame.rows))], pa.int32()), array
            ),
            values=values if len(values) <= _CLOSED_SET else None,
        )


@KINDS.register("user_agent")
class UserAgent(DeviceKind):
    """The User-Agent header of a browser; the kinds `device`, `os` and `browser` of the same row agree with it.

    Example: {kind: user_agent}
    """

    part = "user_agent"


__all__ = ["DeviceKind", "UserAgent"]
