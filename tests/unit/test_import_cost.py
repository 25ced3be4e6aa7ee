"""`import tempdata_dagster` is cheap: Dagster starts a process per run and per step, and each of them imports it."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

BUDGET_SECONDS = 0.15
HEAVY = {"dagster", "pandas", "faker", "great_expectations", "duckdb", "fsspec"}
MEASURE = """
import json, sys, time
import numpy, pyarrow, pydantic
start = time.perf_counter()
import tempdata_dagster
seconds = time.perf_counter() - start
print(json.dumps([seconds, [name for name in sys.modules if "." not in name]]))
"""


def measure_import(root) -> tuple[float, set[str]]:
    """Seconds that the import adds in a fresh process, and the top-level modules it holds afterwards."""
    done = subprocess.run([sys.executable, "-c", MEASURE], cwd=root, capture_output=True, text=True, check=True)
    seconds, modules = json.loads(done.stdout)
    return seconds, set(modules)


@pytest.mark.slow
def test_import_stays_within_its_budget(root, figure):
    best = min(measure_import(root)[0] for _ in range(5))
    figure(f"import tempdata_dagster adds {best:.3f} s to numpy, pyarrow and pydantic (best of 5)")
    assert best <= BUDGET_SECONDS


def test_import_loads_nothing_heavy(root):
    assert measure_import(root)[1] & HEAVY == set()
