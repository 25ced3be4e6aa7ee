"""A dataset of configs/ as Parquet files that DuckDB reads, which knows nothing of the engine."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from tempdata_dagster.engine.plan import Plan

FOLDER = Path(__file__).parents[3] / "configs" / "datasets"
LAST_DAY = "2025-01-14"
RETAIL_SCALE, TPCH_SCALE = 0.1, 0.01


@dataclass(frozen=True)
class Lake:
    """A dataset as Parquet files, one per table; `published` is the key of the partition that a row came in."""

    plan: Plan
    connection: duckdb.DuckDBPyConnection

    def count(self, query: str) -> int:
        return self.connection.execute(query).fetchall()[0][0]

    def rows(self, query: str) -> list[tuple]:
        return self.connection.execute(query).fetchall()


def write_lake(plan: Plan, folder: Path, last: str | None) -> Lake:
    connection = duckdb.connect()
    for table in plan.tables:
        schema = plan.contract(table).schema.append(pa.field("published", pa.string()))
        with pq.ParquetWriter(folder / f"{table}.parquet", schema) as writer:
            for key in plan.partition_keys(table, None, last if plan.period(table) else None):
                for part in plan.parts(table, key):
                    for batch in plan.batches(part):
                        labels = pa.nulls(len(batch), pa.string()).fill_null(key or "")
                        writer.write_batch(pa.RecordBatch.from_arrays([*batch.columns, labels], schema=schema))
        connection.sql(f"CREATE VIEW {table} AS SELECT * FROM '{folder / table}.parquet'")
    return Lake(plan, connection)


def plain_field(field: pa.Field) -> pa.Field:
    kind = field.type
    return pa.field(field.name, kind.value_type if pa.types.is_dictionary(kind) else kind)
