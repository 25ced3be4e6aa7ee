"""Operating systems of devices."""

from __future__ import annotations

from tempdata_dagster.generators import KINDS
from tempdata_dagster.generators.user_agent import DeviceKind


@KINDS.register("os")
class Os(DeviceKind):
    """The operating system of the device that a row comes from, such as `Android`.

    Example: {kind: os}
    """

    part = "os"
