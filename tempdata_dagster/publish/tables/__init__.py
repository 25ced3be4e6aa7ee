"""Table formats: a log says which files a table is made of, and one commit to it replaces a partition."""

from __future__ import annotations

from tempdata_dagster.publish.tables.log import LogState, TableLog

__all__ = ["LogState", "TableLog"]
