"""`python -m benchmarks [--quick] [--only NAME ...] [--write]`: speed and memory against the alternatives, in one run."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa

from benchmarks.checking import measure_audit, measure_imports
from benchmarks.databases import measure_databases
from benchmarks.formats import measure_formats
from benchmarks.kinds import measure_kinds
from benchmarks.machine import describe_machine
from benchmarks.measure import REPEATS, BenchmarkError, pin_to_one_core
from benchmarks.memory import measure_format_memory, measure_memory
from benchmarks.report import Section
from benchmarks.tables import measure_tables
from benchmarks.throughput import measure_customers, measure_lineitem
from benchmarks.writing import measure_writing
from tempdata_dagster import __version__

PAGE = Path(__file__).parent.parent / "docs" / "benchmarks.md"
BENCHMARKS: dict[str, Callable[..., Section]] = {
    "lineitem": measure_lineitem,
    "customers": measure_customers,
    "writing": measure_writing,
    "formats": measure_formats,
    "tables": measure_tables,
    "memory": measure_memory,
    "format_memory": measure_format_memory,
    "kinds": measure_kinds,
    "databases": measure_databases,
    "audit": measure_audit,
    "imports": measure_imports,
}


def main() -> None:
    """Measure what was asked for and print it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the rows, as CI runs it")
    parser.add_argument("--only", action="append", choices=sorted(BENCHMARKS), help="just this one (may be repeated)")
    parser.add_argument("--write", action="store_true", help=f"keep the figures in {PAGE.parent.name}/{PAGE.name}")
    options = parser.parse_args()
    start = time.perf_counter()
    pinned = pin_to_one_core()
    pa.set_cpu_count(1)
    head = [*describe_machine(), f"tempdata-dagster {__version__}, {pinned}; A, B, A, B, medians of {REPEATS} runs"]
    print("\n".join(head))
    sections = []
    for name in options.only or BENCHMARKS:
        try:
            sections.append(BENCHMARKS[name](quick=options.quick))
        except BenchmarkError as error:
            sections.append(Section(name, ("failed",), [[str(error)]]))
        print(sections[-1].to_text(), flush=True)
    print(f"\n{time.perf_counter() - start:.0f} s")
    if options.write:
        PAGE.write_text(_page(head, sections, quick=options.quick), encoding="utf-8")
        print(f"written to {PAGE.parent.name}/{PAGE.name}")


def _page(head: list[str], sections: list[Section], *, quick: bool) -> str:
    size = "with `--quick`, a tenth of the rows" if quick else "at full size"
    intro = [
        "# Benchmarks",
        "",
        f"`make bench` measures this page's figures; these were last kept on {datetime.now(UTC):%Y-%m-%d} {size}",
        "(`make bench ARGS=--write`). Each section comes from one run on one machine, so that its ratios can be compared.",
        "",
        *(f"- {line}" for line in head),
        "",
    ]
    measured = {section.title: section.to_markdown() for section in sections}
    # Those that were not measured this time stay as they are.
    kept = _read_sections() if PAGE.exists() else {}
    return "\n".join([*intro, *(kept | measured).values()])


def _read_sections() -> dict[str, str]:
    """The sections of the page as it is, by their titles."""
    _, *sections = PAGE.read_text(encoding="utf-8").split("\n## ")
    return {section.partition("\n")[0]: f"## {section}" for section in sections}


if __name__ == "__main__":
    main()
