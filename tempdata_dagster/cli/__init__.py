"""The command `tempdata`."""

from __future__ import annotations

from tempdata_dagster.cli.entry import main

__all__ = ["main"]
