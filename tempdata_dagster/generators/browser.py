"""Browsers of devices."""

from __future__ import annotations

from tempdata_dagster.generators import KINDS
from tempdata_dagster.generators.user_agent import DeviceKind


@KINDS.register("browser")
class Browser(DeviceKind):
    """The browser of the device that a row comes from, such as `Firefox`.

    Example: {kind: browser}
    """

    part = "browser"
