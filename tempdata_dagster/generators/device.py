"""Sorts of devices."""

from __future__ import annotations

from tempdata_dagster.generators import KINDS
from tempdata_dagster.generators.user_agent import DeviceKind


@KINDS.register("device")
class Device(DeviceKind):
    """The sort of device that a row comes from: `desktop`, `mobile` or `tablet`.

    Example: {kind: device}
    """

    part = "device"
