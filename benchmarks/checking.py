"""What the audit costs, and what imports cost."""

from __future__ import annotations

import sys

from benchmarks.measure import alternate, job, middle
from benchmarks.report import Section, judge

IMPORTS = ("tempdata_dagster", "tempdata_dagster.cli", "dagster", "great_expectations")
PROGRAM = """
import json, time
import numpy, pyarrow, pydantic
start = time.perf_counter()
import {module}
print(json.dumps({{"work": time.perf_counter() - start}}))
"""
BUDGET = 0.15


def measure_audit(*, quick: bool) -> Section:
    """The native audit of all rows, and with the Great Expectations suite."""
    scale = 0.1 if quick else 1.0
    spec = {"spec": "customers.yaml", "table": "customers", "scale": scale}
    commands = {
        name: job("audit", suite=suite, **spec) for name, suite in (("native", False), ("native and suite", True))
    }
    runs = alternate(commands)
    section = Section("Audit of customers, 12 columns", ("checks by", "rows", "checks", "CPU s", "CPU s per M rows"))
    for name, found in runs.items():
        rows, work = middle(found, "rows"), middle(found, "work")
        section.add(name, f"{rows:,.0f}", f"{middle(found, 'checks'):.0f}", f"{work:.2f}", f"{work / rows * 1e6:.2f}")
    section.notes.append(
        "the suite's seconds are mostly the import of great_expectations and its set-up; it sees at most 100,000 rows"
    )
    return section


def measure_imports(*, quick: bool) -> Section:
    """What each import adds to numpy, pyarrow and pydantic."""
    commands = {module: [sys.executable, "-c", PROGRAM.format(module=module)] for module in IMPORTS}
    runs = alternate(commands, repeats=3 if quick else 5)
    section = Section("Imports", ("module", "seconds on top of numpy, pyarrow and pydantic"))
    for name, found in runs.items():
        section.add(name, f"{middle(found, 'work'):.3f}")
    own = middle(runs["tempdata_dagster"], "work")
    section.notes.append(judge(f"goal: at most {BUDGET} s; {own:.3f} s", holds=own <= BUDGET))
    return section
