"""Whole tables: TPC-H's lineitem next to tpchgen-cli, and twelve columns about customers next to Faker, Mimesis and DuckDB."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.machine import is_missing
from benchmarks.measure import Run, alternate, job, middle
from benchmarks.report import Section, judge, millions

COLUMNS = ("program", "rows", "CPU s", "rows/s per core", "ratio", "peak MiB")
PUBLISHED = "published: staged, content-hashed, SHA-256 of the file, read back, published with a manifest; not audited"
TPCH_LINES = 6_001_215  # of scale factor 1, by the specification


def measure_lineitem(*, quick: bool) -> Section:
    """Scale factor 1: six million rows of 16 columns from YAML to a published table, and from Rust to a file."""
    scale = 0.1 if quick else 1.0
    spec = {"spec": "tpch.yaml", "table": "lineitem", "scale": scale}
    commands = {"tempdata, to Parquet": job("save", **spec), "tempdata, published": job("store", **spec)}
    missing = is_missing("tpchgen-cli")
    if not missing:
        program = shutil.which("tpchgen-cli", path=str(Path(sys.executable).parent)) or "tpchgen-cli"
        tables = ["--tables", "lineitem", "--output-dir", "."]
        commands["tpchgen-cli"] = [program, "parquet", "-s", str(scale), "--num-threads", "1", *tables]
    runs = alternate(commands)
    section = Section("TPC-H lineitem, 16 columns, to Snappy Parquet", COLUMNS)
    ours = runs["tempdata, to Parquet"]
    made = int(middle(ours, "rows"))
    rows = dict.fromkeys(commands, made) | {"tpchgen-cli": int(TPCH_LINES * scale)}
    rates = {name: rows[name] / middle(runs[name], "cpu") for name in commands}
    for name, found in runs.items():
        _add(section, name, rows[name], found, rates[name] / rates["tempdata, to Parquet"])
    start = middle(ours, "cpu") - middle(ours, "work")
    starting = (
        f"CPU s are user and system seconds of the whole process; tempdata's hold {start:.2f} s of imports and planning, "
        f"without which it is {millions(made / middle(ours, 'work'))} rows/s to Parquet"
    )
    section.notes += [starting, PUBLISHED]
    if missing:
        section.notes.append(missing)
    else:
        ratio = rates["tempdata, to Parquet"] / rates["tpchgen-cli"]
        section.notes.append(
            judge(f"goal: as fast per core as tpchgen-cli; it is {ratio:.2f} times as fast", holds=ratio >= 1)
        )
    return section


def measure_customers(*, quick: bool) -> Section:
    """Rows per second of twelve columns, in memory and to Parquet."""
    millions_of_rows = 0.2 if quick else 2.0
    rows = int(millions_of_rows * 1_000_000)
    spec = {"spec": "customers.yaml", "table": "customers", "scale": millions_of_rows}
    commands: dict[str, Sequence[str]] = {
        "tempdata, in memory": job("build", **spec),
        "tempdata, to Parquet": job("save", **spec),
        "tempdata, published": job("store", **spec),
        "DuckDB SQL, in memory": job("duckdb", rows=rows, stored=False),
        "DuckDB SQL, to Parquet": job("duckdb", rows=rows, stored=True),
        "Faker, to Parquet": job("faker", rows=1_000 if quick else 10_000),
    }
    missing = is_missing("mimesis")
    if not missing:
        commands["Mimesis, to Parquet"] = job("mimesis", rows=2_000 if quick else 20_000)
    runs = alternate(commands)
    rates = {name: middle(found, "rows") / middle(found, "work") for name, found in runs.items()}
    section = Section("Customers, 12 columns", COLUMNS)
    stored = rates["tempdata, to Parquet"]
    for name, found in runs.items():
        _add(section, name, int(middle(found, "rows")), found, rates[name] / stored, rates[name])
    section.notes += [
        PUBLISHED,
        "rates leave out imports and planning; Faker and Mimesis are measured on the rows shown, and neither gets faster with more",
        "DuckDB chooses among ten words per column, writes one file and checks nothing; its e-mail addresses hold the row's number",
        judge(f"goal: 1 M rows/s per core to Parquet; {millions(stored)}", holds=stored >= 1e6),
    ]
    for name, goal in (("Faker", 300), ("Mimesis", 15)):
        if f"{name}, to Parquet" in rates:
            times = stored / rates[f"{name}, to Parquet"]
            section.notes.append(judge(f"goal: {goal} times {name}; {times:,.0f} times", holds=times >= goal))
    section.notes += [missing] if missing else []
    return section


def _add(section: Section, name: str, rows: int, runs: Sequence[Run], ratio: float, rate: float | None = None) -> None:
    cpu = middle(runs, "cpu" if rate is None else "work")
    section.add(
        name, f"{rows:,}", f"{cpu:.2f}", millions(rate or rows / cpu), f"{ratio:.3g}", f"{middle(runs, 'peak'):.0f}"
    )
