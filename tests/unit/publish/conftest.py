from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from tempdata_dagster.core.partition import Period
from tempdata_dagster.publish import PartitionFacts, PartitionRef, PublishedPartition, Target
from tests.emulators.lakes import KINDS, make_url

DAY = "2026-01-31"


def make_rows(rows: int, seed: int = 0) -> pa.RecordBatch:
    numbers = range(seed, seed + rows)
    return pa.record_batch(
        {
            "order_id": pa.array(numbers, pa.int64()),
            "status": pa.array([("paid", "open")[n % 2] for n in numbers], pa.string()).dictionary_encode(),
            "note": pa.array([None if n % 3 else f"note {n}" for n in numbers], pa.string()),
        }
    )


class Lake:
    """A target with the moves that most tests make."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.rows = staticmethod(make_rows)

    def ref(self, key: str | None = DAY, table: str = "orders") -> PartitionRef:
        return PartitionRef("retail", table, Period.DAY if key else None, key)

    def publish(
        self, *parts: list[pa.RecordBatch], ref: PartitionRef | None = None, **facts: object
    ) -> PublishedPartition:
        with self.target.stage(ref or self.ref()) as staging:
            for index, batches in enumerate(parts):
                staging.write_part(index, make_rows(0).schema, batches)
            return staging.publish(PartitionFacts.model_validate(facts))

    def numbers(self, table: str = "orders") -> list[int]:
        dataset = self.target.dataset("retail", table)
        return [] if dataset is None else sorted(dataset.to_table()["order_id"].to_pylist())

    def list_keys(self) -> list[str]:
        return [entry.key for entry in self.target.store.entries("")]


def open_lake(kind: str, request: pytest.FixtureRequest) -> Lake:
    return Lake(Target.open(*make_url(kind, request)))


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(Target.open(tmp_path / "lake"))


@pytest.fixture(params=KINDS)
def any_lake(request: pytest.FixtureRequest) -> Lake:
    return open_lake(request.param, request)


@pytest.fixture
def s3_lake(request: pytest.FixtureRequest) -> Lake:
    return open_lake("s3", request)
