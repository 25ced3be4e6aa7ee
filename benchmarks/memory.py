"""Peak memory of a table and of one ten times as large, and that of the widest table that is published."""

from __future__ import annotations

from benchmarks.measure import BenchmarkError, Run, alternate, job, middle
from benchmarks.report import Section, judge
from tempdata_dagster.publish.formats import FORMATS

LAYOUTS = {"static": "accounts", "children": "bookings", "periodic": "events"}
WAYS = {False: "written to nowhere", True: "published to a lake"}
GOAL, WIDE_GOAL, FORMAT_GOAL = 1.10, 400, 1.10
SLOW_FORMATS = ("excel", "xml", "geojson")


def measure_memory(*, quick: bool) -> Section:
    """Generate, encode and hash tables of every layout; the files are thrown away, or published and verified."""
    small, large = (1_000_000, 10_000_000) if quick else (10_000_000, 100_000_000)
    section = Section("Peak memory", ("rows of the table", f"{small:,} MiB", f"{large:,} MiB", "ratio", "CPU s"))
    worst = 0.0
    for lake, way in WAYS.items():
        for name, table in LAYOUTS.items():
            jobs = {str(rows): job("peak", table=table, rows=rows, lake=lake) for rows in (small, large)}
            below, above = alternate(jobs, repeats=1).values()
            ratio = middle(above, "peak") / middle(below, "peak")
            worst = max(worst, ratio)
            section.add(f"{name}, {way}: {middle(above, 'rows'):,.0f}", *_figures(below, above, f"{ratio:.3f}"))
    wide = alternate({"wide": job("store", spec="tpch.yaml", table="lineitem", scale=0.1 if quick else 1.0)}, repeats=1)
    section.add("lineitem, published to a lake", "", *_figures(wide["wide"], wide["wide"], "")[1:])
    peak = middle(wide["wide"], "peak")
    section.notes += [
        "resident memory of the whole process at its highest, libraries included",
        judge(f"goal: at most {GOAL} times the memory for ten times the rows; {worst:.3f} times", holds=worst <= GOAL),
        judge(f"goal: lineitem's 16 columns in {WIDE_GOAL} MiB; {peak:.0f} MiB", holds=peak <= WIDE_GOAL),
    ]
    return section


def measure_format_memory(*, quick: bool) -> Section:
    """Generate and encode a table in every format, each file as long as its partition is cut, and throw it away."""
    small, large = 1_000_000, 10_000_000 if quick else 100_000_000
    section = Section("Peak memory by format", ("format", f"{small:,} MiB", "MiB", "ratio", "CPU s"))
    worst = 0.0
    for name in FORMATS:
        # Of workbooks nobody has a hundred: ten million rows are ten sheets.
        most = 10_000_000 if name in SLOW_FORMATS else large
        jobs = {
            str(rows): job("peak", table="accounts", rows=rows, lake=False, file_format=name) for rows in (small, most)
        }
        try:
            below, above = alternate(jobs, repeats=1).values()
        except BenchmarkError as error:
            section.notes.append(f"{name}: {str(error).strip().splitlines()[-1][:200]}")
            continue
        ratio = middle(above, "peak") / middle(below, "peak")
        worst = max(worst, ratio)
        section.add(f"{name}: {middle(above, 'rows'):,.0f}", *_figures(below, above, f"{ratio:.3f}"))
    goal = f"goal: at most {FORMAT_GOAL} times the memory for {large // small} times the rows; {worst:.3f} times"
    section.notes += ["against a file of a million rows", judge(goal, holds=worst <= FORMAT_GOAL)]
    return section


def _figures(below: list[Run], above: list[Run], ratio: str) -> tuple[str, str, str, str]:
    low, high = middle(below, "peak"), middle(above, "peak")
    return f"{low:.0f}", f"{high:.0f}", ratio, f"{middle(above, 'cpu'):.0f}"
