"""Each format against the writer that a user would otherwise take, on the same finished rows, in one run.

Ours is measured alone, and with the hash of the rows that publishing takes as well; the peers hash nothing. To compare one
more format, add its peers to `PEERS`.
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
from tempdata_dagster.core.content import ContentHash
from tempdata_dagster.publish.formats import FORMATS, FileLabel
from tempdata_dagster.publish.formats.writer import PartWriter

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

    orc.write_table(_plain(rows), str(path), compression="snappy")


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


def _fastavro(rows: pa.Table, path: Path) -> None:
    import fastavro

    # The schema that our own file derives, so that both write the same.
    head = path.with_suffix(".head")
    FORMATS.get("avro")({}).write(File(head), rows.schema, [], {})
    with head.open("rb") as file:
        schema = fastavro.reader(file).writer_schema
    with path.open("wb") as file:
        fastavro.writer(file, schema, rows.to_pylist(), codec="deflate")


def _pandas_excel(rows: pa.Table, path: Path) -> None:
    # Excel, and so pandas, has no moments with a zone.
    naive = {field.name: pa.timestamp("us") for field in rows.schema if pa.types.is_timestamp(field.type)}
    kinds = [naive.get(field.name, field.type) for field in rows.schema]
    frame = rows.cast(pa.schema(list(zip(rows.column_names, kinds, strict=True)))).to_pandas()
    frame.to_excel(path.with_suffix(".xlsx"), engine="xlsxwriter", index=False)


def _pandas_xml(rows: pa.Table, path: Path) -> None:
    rows.to_pandas().to_xml(path, index=False)


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
    ("avro", {}, [Peer("fastavro", _fastavro, 0.1)]),
    ("excel", {}, [Peer("pandas with xlsxwriter", _pandas_excel, 0.02)]),
    ("xml", {}, [Peer("pandas with lxml", _pandas_xml, 0.05)]),
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
        ("table", "format", "rows", "MB", "peer", "peer s", "s", "ratio", "with the hash s", "ratio"),
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
    section.notes.append(
        "the goal is judged with the hash of the rows, as publishing takes it; CPU seconds on one core"
    )
    return section


def _label(name: str, options: dict[str, Any]) -> str:
    return " ".join([name, *map(str, options.values())])


def _compare(section: Section, table: str, finished: pa.Table, name: str, options: dict[str, Any], peer: Peer) -> float:
    rows = finished.slice(0, int(len(finished) * peer.share))
    taken: dict[str, list[float]] = {"theirs": [], "alone": [], "hashed": []}
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"rows.{name}"

        def write_theirs() -> None:
            peer.write(rows, path)

        def write_alone() -> None:
            with PartWriter(FORMATS.get(name)(options), File(path), rows.schema, FileLabel({})) as writer:
                for batch in rows.to_batches():
                    writer.write(batch)
                writer.finish(ContentHash(rows.schema))

        def write_hashed() -> None:
            FORMATS.get(name)(options).write(File(path), rows.schema, rows.to_batches(), {})

        size = 0
        for _ in range(REPEATS):
            for who, work in (("theirs", write_theirs), ("alone", write_alone), ("hashed", write_hashed)):
                start = time.process_time()
                work()
                taken[who].append(time.process_time() - start)
            size = path.stat().st_size
    theirs, alone, hashed = (median(seconds) for seconds in taken.values())
    section.add(
        table, _label(name, options), f"{len(rows):,}", f"{size / 1e6:.0f}", peer.name, f"{theirs:.2f}", f"{alone:.2f}",
        f"{alone / theirs:.2f}", f"{hashed:.2f}", f"{hashed / theirs:.2f}",
    )  # fmt: skip
    return hashed / theirs
