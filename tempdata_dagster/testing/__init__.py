"""What tests of pipelines need: storage that fails when it is told to. See docs/guide/testing.md."""

from __future__ import annotations

from tempdata_dagster.testing.fault import FAULTS, Fault
from tempdata_dagster.testing.store import FaultyStore, strike_each_call

__all__ = ["FAULTS", "Fault", "FaultyStore", "strike_each_call"]
