"""What databases call things: names, types, tables, keys and indexes, one module per dialect. See docs/guide/databases.md."""

from __future__ import annotations

from tempdata_dagster.publish.sql.base import DIALECTS, Dialect, Namespace

__all__ = ["DIALECTS", "Dialect", "Namespace"]
