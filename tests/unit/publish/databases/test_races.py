"""Many writers of one partition, writers that are killed, and readers meanwhile: one version or another, never a mix."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.unit.publish.databases.shop import DAY, KEY, Shop, numbers

ROWS = 2_000
ROOT = Path(__file__).parents[4]
PROGRAM = """
import json, os, sys, time
from tempdata_dagster.core.errors import ConflictError
from tempdata_dagster.publish.databases import open_database
from tests.unit.publish.databases.shop import DAY, KEY, Shop, numbers
url, options, dataset, first, rows, wait = json.loads(sys.argv[1])
shop = Shop(open_database(url, options), dataset)
table = numbers(first, rows, writer=[first] * rows)
print("ready", flush=True)
sys.stdin.readline()
time.sleep(wait)
print(shop.publish("orders", table, DAY, KEY, run=f"run{first}").status, flush=True)
"""


def start(shop: Shop, first: int, rows: int = ROWS, wait: float = 0.0) -> subprocess.Popen[str]:
    told = json.dumps([shop.database.url, dict(shop.database.options), shop.dataset, first, rows, wait])
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, told],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
        cwd=ROOT,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def release(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def check_one_version(shop: Shop, rows: int = ROWS) -> int:
    """The writer of all rows that are there, which the manifest agrees with."""
    found = shop.read("orders")
    (writer,) = set(found["writer"].to_pylist())
    assert sorted(found["id"].to_pylist()) == list(range(writer, writer + rows))
    manifest = shop.database.manifest(shop.ref("orders", DAY))
    assert (manifest.rows, manifest.run_id) == (rows, f"run{writer}")
    assert shop.database.verify(shop.dataset) == []
    return writer


@pytest.mark.parametrize("writers", [2, 4])
def test_of_many_writers_one_wins_whole(shop, writers, torture):
    for _ in range(10 if torture else 1):
        processes = [start(shop, first * 10_000) for first in range(1, writers + 1)]
        for process in processes:
            release(process)
        said = [process.communicate(timeout=120)[0].strip() for process in processes]
        assert said == ["published"] * writers
        check_one_version(shop)


def test_a_killed_writer_leaves_a_whole_version(shop, torture, figure):
    rows, kills, killed = 30_000, 25 if torture else 4, 0
    shop.publish("orders", numbers(0, rows, writer=[0] * rows), DAY, KEY, run="run0")
    for number in range(1, kills + 1):
        process = start(shop, number * 100_000, rows)
        release(process)
        time.sleep(0.03 + 0.5 * number / kills)
        process.kill()
        killed += process.communicate()[0].strip() == ""
        writer = check_one_version(shop, rows)
        assert writer in range(0, (number + 1) * 100_000, 100_000)
    figure(f"{shop.kind}: {killed} of {kills} writers killed in the middle, 0 torn versions")
