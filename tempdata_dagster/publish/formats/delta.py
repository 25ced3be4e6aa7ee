"""Delta Lake: Parquet files, and a log that replaces a partition in one commit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tempdata_dagster.publish.formats.base import FORMATS
from tempdata_dagster.publish.stores import Store
from tempdata_dagster.publish.tables.files import TableParquet
from tempdata_dagster.publish.tables.types import DELTA

if TYPE_CHECKING:
    from tempdata_dagster.publish.tables.delta import DeltaLog


@FORMATS.register("delta")
class Delta(TableParquet):
    """Delta Lake tables. Options are those of Parquet."""

    name = "delta"
    rules = DELTA

    def log(self, store: Store) -> DeltaLog:
        """The logs in `_delta_log` of each table."""
        from tempdata_dagster.publish.tables.delta import DeltaLog

        return DeltaLog(store)
