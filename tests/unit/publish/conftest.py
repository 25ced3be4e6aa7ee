from __future__ import annotations

import socket
import subprocess
import sys
import time
import uuid
from pathlib import Path

import pyarrow as pa
import pytest

from tempdata_dagster.core.partition import Period
from tempdata_dagster.publish import PartitionFacts, PartitionRef, PublishedPartition, Target

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


@pytest.fixture(scope="session")
def s3_options():
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield {"key": "testing", "secret": "testing", "endpoint_url": f"http://{host}:{port}", "use_listings_cache": False}
    server.stop()


@pytest.fixture(scope="session")
def gcs_options():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    program = str(Path(sys.executable).with_name("gcp-storage-emulator"))
    process = subprocess.Popen(
        [program, "start", "--host", "127.0.0.1", "--port", str(port), "--in-memory", "--default-bucket", "lake", "-q"]
    )
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.05)
    yield {"token": "anon", "project": "test", "endpoint_url": f"http://127.0.0.1:{port}", "use_listings_cache": False}
    process.kill()  # asked politely it waits for the last connection that a client keeps open
    process.wait()


def open_lake(kind: str, request: pytest.FixtureRequest) -> Lake:
    name = uuid.uuid4().hex
    if kind == "local":
        return Lake(Target.open(request.getfixturevalue("tmp_path") / "lake"))
    if kind == "memory":
        return Lake(Target.open(f"memory://{name}/lake"))
    if kind == "gcs":
        return Lake(Target.open(f"gs://lake/{name}", request.getfixturevalue("gcs_options")))
    target = Target.open(f"s3://{name}/lake", request.getfixturevalue("s3_options"))
    target.store.fs.call_s3("create_bucket", Bucket=name)
    return Lake(target)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(Target.open(tmp_path / "lake"))


@pytest.fixture(params=["local", "memory", "s3", "gcs"])
def any_lake(request: pytest.FixtureRequest) -> Lake:
    return open_lake(request.param, request)


@pytest.fixture
def s3_lake(request: pytest.FixtureRequest) -> Lake:
    return open_lake("s3", request)


@pytest.fixture(params=["local", "memory", "s3"])
def exact_lake(request: pytest.FixtureRequest) -> Lake:
    """Where conditional writes can be tested: the GCS emulator ignores `ifGenerationMatch`."""
    return open_lake(request.param, request)
