"""Column kinds: one file each, its parameters and its vectorised function together."""

from __future__ import annotations

from tempdata_dagster.core.registry import Registry
from tempdata_dagster.engine.kind import Kind

KINDS: Registry[Kind] = Registry("kind", "tempdata_dagster.generators")
