"""Each format against the writer that a user would otherwise take, on the same finished rows, in one run.

Ours hashes the rows and the file while it writes, as it does when it publishes; the peers do not. To compare one more
format, add its peers to `PEERS`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import pyarrow as pa

from benchmarks.jobs import open_spec
from benchmarks.measure import REPEATS
from benchmarks.report import Section, judge
from tempdata_dagster.publish.formats import FORMATS

GOAL = 1.3
TABLES = (("tpch.yaml", "lineitem"), ("customers.yaml", "customers"))


def _parquet(rows: pa.Table, path: Path) -> None:
    import pyarrow.parquet as pq

    pq.write_table(rows, path)


def _feather(rows: pa.Table, path: Path) -> None:
    from pyarrow import feather

    feather.write_feather(rows, str(path))


def _orc(rows: pa.Table, path: Path) -> None:
    from pyarrow import orc

    orc.write_table(_plain(rows), str(path))


def _csv(rows: pa.Table, path: Path) -> None:
    import pyarrow.csv as pcsv

    pcsv.write_csv(rows, path)


def _copy(options: str) -> Callable[[pa.Table, Path], None]:
    def copy(rows: pa.Table, path: Path) -> None:
        import duckdb

        with duckdb.connect(config={"threads": 1}) as database:
            database.register("finished", rows)
            database.execute(f"COPY finished TO '{path}' ({options})")

    return copy


def _pandas_csv(rows: pa.Table, path: Path) -> None:
    rows.to_pandas().to_csv(path, index=False)


def _pandas_lines(rows: pa.Table, path: Path) -> None:
    rows.to_pandas().to_json(path, orient="records", lines=True, date_format="iso", date_unit="us")


def _pandas_array(rows: pa.Table, path: Path) -> None:
    rows.to_pandas().to_json(path, orient="records", date_format="iso", date_unit="us")


def _insert(rows: pa.Table, path: Path) -> None:
    """As one would write it by hand."""
    with path.open("w", encoding="utf-8") as file:
        for row in rows.to_pylist():
            cells = ("NULL" if value is None else "'" + str(value).replace("'", "''") + "'" for value in row.values())
            file.write(f"INSERT INTO rows VALUES ({', '.join(cells)});\n")


def _plain(rows: pa.Table) -> pa.Table:
    kinds = [field.type.value_type if pa.types.is_dictionary(field.type) else field.type for field in rows.schema]
    return rows.cast(pa.schema(list(zip(rows.column_names, kinds, strict=True))))


class Peer(NamedTuple):
    """A writer to compare with.

    Attributes:
        name: For the report.
        write: Writes finished rows to a path.
        share: Of the rows that it is given: one that takes minutes gets a part of them, and so do we.
    """

    name: str
    write: Callable[[pa.Table, Path], None]
    share: float = 1.0


# The format and its options; then its peers, of which the fastest is what the goal speaks of.
PEERS: list[tuple[str, dict[str, Any], list[Peer]]] = [
    ("parquet", {}, [Peer("pyarrow", _parquet)]),
    ("arrow", {}, [Peer("pyarrow", _feather)]),
    ("orc", {}, [Peer("pyarrow", _orc)]),
    ("csv", {}, [Peer("pyarrow", _csv), Peer("DuckDB", _copy("FORMAT csv, HEADER")), Peer("pandas", _pandas_csv, 0.1)]),
    ("csv", {"compression": "gzip"}, [Peer("DuckDB", _copy("FORMAT csv, HEADER, COMPRESSION gzip"))]),
    ("jsonl", {}, [Peer("DuckDB", _copy("FORMAT json")), Peer("pandas", _pandas_lines, 0.1)]),
    ("json", {}, [Peer("DuckDB", _copy("FORMAT json, ARRAY true")), Peer("pandas", _pandas_array, 0.1)]),
    ("sql", {}, [Peer("a loop in Python", _insert, 0.1)]),
]


class File:
    """A sink on the disk, without the care that publishing takes."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb")

    def write(self, data: bytes) -> int:
        """Append bytes."""
        return self._file.write(data)

    def commit(self) -> None:
        """Close the file."""
        self._file.close()

    def abort(self) -> None:
        """Close the file."""
        self._file.close()


def measure_formats(*, quick: bool) -> Section:
    """The ratio of our time to the peer's, for each format and peer."""
    section = Section(
        "Formats against other writers of the same rows",
        ("table", "format", "rows", "s", "MB", "peer", "peer s", "ratio"),
    )
    for spec, table in TABLES:
        plan = open_spec(spec)
        part = plan.parts(table, None, 100_000 if quick else 1_000_000)[0]
        finished = pa.Table.from_batches(list(plan.batches(part)), plan.contract(table).schema)
        for name, options, peers in PEERS:
            ratios = {peer.name: _compare(section, table, finished, name, options, peer) for peer in peers}
            peer, ratio = max(ratios.items(), key=lambda item: item[1])
            said = f"goal: {table} as {_label(name, options)} in at most {GOAL} times {peer}; {ratio:.2f} times"
            section.notes.append(judge(said, holds=ratio <= GOAL))
    section.notes.append("ours: with the hash of the rows and the checksum of the file; CPU seconds on one core")
    return section


def _label(name: str, options: dict[str, Any]) -> str:
    return " ".join([name, *map(str, options.values())])


def _compare(section: Section, table: str, finished: pa.Table, name: str, options: dict[str, Any], peer: Peer) -> float:
    rows = finished.slice(0, int(len(finished) * peer.share))
    taken: dict[str, list[float]] = {"ours": [], "theirs": []}
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"rows.{name}"

        def write_theirs() -> None:
            peer.write(rows, path)

        def write_ours() -> None:
            FORMATS.get(name)(options).write(File(path), rows.schema, rows.to_batches(), {})

        size = 0
        for _ in range(REPEATS):
            for who, work in (("theirs", write_theirs), ("ours", write_ours)):
                start = time.process_time()
                work()
                taken[who].append(time.process_time() - start)
            size = path.stat().st_size
    ours, theirs = median(taken["ours"]), median(taken["theirs"])
    section.add(
        table, _label(name, options), f"{len(rows):,}", f"{ours:.2f}", f"{size / 1e6:.0f}", peer.name, f"{theirs:.2f}",
        f"{ours / theirs:.2f}",
    )  # fmt: skip
    return ours / theirs
