from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from tempdata_dagster.publish import Manifest, PartitionFacts, PartitionRef, PublishedPartition, Target
from tempdata_dagster.publish.stores import Lease
from tempdata_dagster.publish.tables import LogState, TableLog
from tests.emulators.moto import run_moto_apart
from tests.unit.publish.conftest import Lake


class TableLake(Lake):
    """A lake of a table format."""

    @property
    def log(self) -> TableLog:
        return self.target.format.log(self.target.store)

    def state(self, at: Any = None, table: str = "orders") -> LogState | None:
        return self.log.read("retail", table, at)

    def publish_table(self, rows: pa.Table, ref: PartitionRef | None = None) -> PublishedPartition:
        with self.target.stage(ref or self.ref()) as staging:
            staging.write_part(0, rows.schema, rows.to_batches(), {"fingerprint": "abc"})
            return staging.publish(PartitionFacts(fingerprint="abc"))

    def read_openly(self, table: str = "orders", version: int | None = None) -> pa.Table:
        """The rows as the format's own library reads them."""
        if self.target.format.name == "delta":
            from deltalake import DeltaTable

            return DeltaTable(self.target.store.uri(f"retail/{table}"), version=version).to_pyarrow_dataset().to_table()
        with self.iceberg(table) as found:
            return found.scan(snapshot_id=version).to_arrow()

    @contextmanager
    def iceberg(self, table: str = "orders") -> Iterator[Any]:
        from pyiceberg.catalog.sql import SqlCatalog

        catalog = SqlCatalog("tempdata", uri=f"sqlite:///{self.target.store.uri('catalog.db')}")
        try:
            yield catalog.load_table(("retail", table))
        finally:
            catalog.engine.dispose()


class Held(Lease):
    """A lease that is never lost."""

    def check(self) -> None:
        """Held."""


def open_tables(folder: Path, name: str) -> TableLake:
    return TableLake(Target.open(folder / name, {"format": name}))


@pytest.fixture(params=["delta", "iceberg"])
def tables(request: pytest.FixtureRequest, tmp_path: Path) -> TableLake:
    return open_tables(tmp_path, request.param)


@pytest.fixture
def delta(tmp_path: Path) -> TableLake:
    return open_tables(tmp_path, "delta")


@pytest.fixture
def iceberg(tmp_path: Path) -> TableLake:
    return open_tables(tmp_path, "iceberg")


@pytest.fixture(scope="session")
def s3_apart() -> Iterator[dict[str, Any]]:
    """S3 in another process: deltalake and pyiceberg wait for it with this process's interpreter lock held."""
    with run_moto_apart() as port:
        yield {"key": "testing", "secret": "testing", "endpoint_url": f"http://127.0.0.1:{port}"}


@pytest.fixture(params=["delta", "iceberg"])
def s3_tables(request: pytest.FixtureRequest, s3_apart: dict[str, Any], tmp_path: Path) -> TableLake:
    name = uuid.uuid4().hex
    catalog = {"catalog": f"sqlite:///{tmp_path}/catalog.db"} if request.param == "iceberg" else {}
    target = Target.open(f"s3://{name}/lake", {**s3_apart, "format": request.param, **catalog})
    target.store.fs.call_s3("create_bucket", Bucket=name)
    return TableLake(target)


def manifest_of(lake: TableLake, ref: PartitionRef | None = None) -> Manifest:
    found = lake.target.manifest(ref or lake.ref())
    assert found is not None
    return found
