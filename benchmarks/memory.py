"""Peak memory of a table and of one ten times as large."""

from __future__ import annotations

from benchmarks.measure import alternate, job, middle
from benchmarks.report import Section, judge

LAYOUTS = {"static": "accounts", "children": "bookings", "periodic": "events"}
GOAL = 1.10


def measure_memory(*, quick: bool) -> Section:
    """Generate, encode and hash; the files are thrown away."""
    small, large = (1_000_000, 10_000_000) if quick else (10_000_000, 100_000_000)
    section = Section("Peak memory", ("rows of the table", f"{small:,} MiB", f"{large:,} MiB", "ratio", "CPU s"))
    worst = 0.0
    for name, table in LAYOUTS.items():
        runs = alternate({str(rows): job("peak", table=table, rows=rows) for rows in (small, large)}, repeats=1)
        low, high = (middle(runs[str(rows)], "peak") for rows in (small, large))
        worst = max(worst, high / low)
        made = int(middle(runs[str(large)], "rows"))
        cpu = middle(runs[str(large)], "cpu")
        section.add(f"{name}: {made:,}", f"{low:.0f}", f"{high:.0f}", f"{high / low:.3f}", f"{cpu:.0f}")
    section.notes += [
        "resident memory of the whole process at its highest, libraries included",
        judge(f"goal: at most {GOAL} times the memory for ten times the rows; {worst:.3f} times", holds=worst <= GOAL),
    ]
    return section
