"""`tempdata generate` is killed with its workers, at any moment, while it replaces a lake of another seed."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import psutil
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tempdata_dagster.publish import Target
from tempdata_dagster.publish.gc import gc
from tempdata_dagster.publish.read import read_table
from tempdata_dagster.publish.verify import verify

REPOSITORY = Path(__file__).parents[2]
KEYS = ("2025-01-01", "2025-01-02", "2025-01-03")
SEEDS = (1, 2)
SHOP = """\
dataset: shop
start: 2025-01-01
tables:
  customers:
    rows: 5_000
    key: customer_id
    columns:
      customer_id: {kind: key, prefix: C}
      name: {kind: full_name}
  orders:
    rows: {per: day, mean: 5_000}
    key: order_id
    columns:
      order_id: {kind: key, prefix: O}
      ordered_at: {kind: timestamp}
      customer_id: {kind: reference, to: customers}
  order_items:
    rows: {per: orders, distribution: geometric, mean: 2, min: 1, max: 5}
    key: [order_id, line_number]
    columns:
      order_id: {kind: reference, to: orders}
      line_number: {kind: position}
      quantity: {kind: integer, min: 1, max: 12}
"""
PARTITIONS = (("customers", None), *((table, key) for table in ("orders", "order_items") for key in KEYS))


@dataclass(frozen=True)
class Shop:
    """The dataset's file, and the places that its lakes are made in."""

    folder: Path

    def start(self, lake: str, seed: int, workers: int) -> subprocess.Popen[str]:
        words = [
            "generate", "shop.yaml", "--to", lake, "--seed", str(seed), "--workers", str(workers), "--no-suite",
            "--partitions", f"{KEYS[0]}..{KEYS[-1]}",
        ]  # fmt: skip
        return subprocess.Popen(
            [sys.executable, "-m", "tempdata_dagster.cli", *words], cwd=self.folder, start_new_session=True, text=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": str(REPOSITORY), "TMPDIR": str(self.folder / "tmp")},
        )  # fmt: skip

    def run(self, lake: str, seed: int, workers: int = 1) -> float:
        """Runs to the end; gives the seconds from the first staged file to the end."""
        with self.start(lake, seed, workers) as process:
            began = self.wait_for_work(lake, process)
            _, err = process.communicate(timeout=120)
        assert (process.returncode, err) == (0, "")
        return time.monotonic() - began

    def wait_for_work(self, lake: str, process: subprocess.Popen[str]) -> float:
        """Until something is staged that was not there before; gives the moment."""
        staging = self.folder / lake / "_staging"
        before = list_runs(staging)
        while process.poll() is None and list_runs(staging) <= before:
            time.sleep(0.002)
        return time.monotonic()

    def kill(self, process: subprocess.Popen[str]) -> bool:
        """Kills the command and its workers; gives whether it was still running."""
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate(timeout=30)
        deadline = time.monotonic() + 10
        while list_session(process.pid):
            assert time.monotonic() < deadline, "a worker outlives its command"
            time.sleep(0.02)
        return process.returncode == -signal.SIGKILL

    def read(self, lake: str) -> dict[tuple[str, str | None], pa.Table]:
        """What a reader sees in each partition who knows nothing but the folders."""
        found = {}
        for table, key in PARTITIONS:
            folder = self.folder / lake / "shop" / table / (f"date={key}" if key else "")
            found[table, key] = pa.concat_tables(pq.ParquetFile(file).read() for file in sorted(folder.glob("part-*")))
        return found


def list_runs(staging: Path) -> set[str]:
    return {path.name for path in staging.glob("[0-9a-f]*")}


def list_session(session: int) -> list[int]:
    def lives(process: psutil.Process) -> bool:
        try:
            return os.getsid(process.pid) == session and process.status() != psutil.STATUS_ZOMBIE
        except (OSError, psutil.NoSuchProcess):
            return False

    return [process.pid for process in psutil.process_iter() if lives(process)]


def list_files(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


@pytest.fixture
def shop(tmp_path) -> Iterator[Shop]:
    (tmp_path / "shop.yaml").write_text(SHOP)
    (tmp_path / "tmp").mkdir()
    return Shop(tmp_path)


@pytest.mark.slow
def test_a_killed_command_leaves_whole_versions_and_the_next_one_completes(shop, figure, torture):
    kills, rng, seen = 100 if torture else 6, random.Random(11), Counter()
    for seed in SEEDS:
        shop.run(f"clean-{seed}", seed)
    clean = {seed: shop.read(f"clean-{seed}") for seed in SEEDS}
    took = {workers: shop.run("lake", SEEDS[0], workers) for workers in (1, 2)}
    held = dict.fromkeys(PARTITIONS, SEEDS[0])
    for number in range(kills):
        seed, workers = SEEDS[(number + 1) % 2], 1 + number // 2 % 2
        process = shop.start("lake", seed, workers)
        shop.wait_for_work("lake", process)
        time.sleep(rng.uniform(0, took[workers]))
        seen["killed" if shop.kill(process) else "ended before"] += 1
        check_versions(shop, clean, held, seed, seen)
        if number % 5 == 4:
            complete(shop, clean, held, SEEDS[rng.randrange(2)], workers)
            seen["completed"] += 1
    complete(shop, clean, held, SEEDS[0], 2)
    figure(f"kill -9 of `tempdata generate` and its workers: {dict(seen)}, mixes: 0, orphans after gc: 0")
    assert seen["killed"] > kills // 2


def check_versions(shop: Shop, clean, held, seed: int, seen: Counter[str]) -> None:
    """Each partition is of the version that it was of, or of the new one, for every kind of reader."""
    target = Target.open(shop.folder / "lake")
    for (table, key), rows in shop.read("lake").items():
        version = next((one for one in SEEDS if rows.equals(clean[one][table, key])), None)
        assert version in (held[table, key], seed), f"{table} {key} is neither the old version nor the new one"
        by_manifest = read_table(target, "shop", table, key and [key]).select(rows.schema.names)
        assert by_manifest.equals(rows), f"{table} {key}: its manifest is of another version"
        if held[table, key] != seed:
            seen["new" if version == seed else "old"] += 1
        held[table, key] = version
    seen["left unfinished"] += sum(finding.kind == "unfinished" for finding in verify(target))


def complete(shop: Shop, clean, held, seed: int, workers: int) -> None:
    """A run to the end heals everything, and gc leaves nothing but the partitions and their manifests."""
    shop.run("lake", seed, workers)
    held.update(dict.fromkeys(PARTITIONS, seed))
    assert all(rows.equals(clean[seed][part]) for part, rows in shop.read("lake").items())
    target = Target.open(shop.folder / "lake")
    gc(target, timedelta(0))
    assert verify(target) == []
    assert list_files(shop.folder / "lake") == list_files(shop.folder / f"clean-{seed}")
    assert [path.name for path in (shop.folder / "lake").iterdir()] == ["shop"]
