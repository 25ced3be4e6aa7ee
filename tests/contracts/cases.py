"""The contract cases of the kinds: each `kinds/<kind>.yaml` is a dataset file with the kind in several settings.

Below it, under `golden:`, stands the content hash of every column; `python -m tests.contracts.update_golden` rewrites it.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from pathlib import Path

import numpy as np
import pyarrow as pa
import yaml

from tempdata_dagster.core.content import hash_batches
from tempdata_dagster.core.partition import key_of
from tempdata_dagster.engine.addresses import Addresses
from tempdata_dagster.engine.plan import BLOCK_ROWS, Plan, compile_plan
from tempdata_dagster.engine.relation import Binding, Frame
from tempdata_dagster.generators import KINDS
from tempdata_dagster.spec.load import load_dataset

FOLDER = Path(__file__).parent / "kinds"
PARTITIONS = 3
_GOLDEN = "\ngolden:\n"


def case_path(kind: str) -> Path:
    return FOLDER / f"{kind}.yaml"


def read_text(path: Path) -> str:
    """The dataset part of a case."""
    return path.read_text(encoding="utf-8").split(_GOLDEN)[0] + "\n"


def read_golden(path: Path) -> dict[str, str]:
    """The pinned hashes, by `table.column`."""
    golden: dict[str, str] = yaml.safe_load(path.read_text(encoding="utf-8")).get("golden", {})
    return golden


def pin(path: Path, hashes: dict[str, str]) -> None:
    """Replace the pinned hashes of a case."""
    lines = "".join(f"  {name}: {digest}\n" for name, digest in hashes.items())
    path.write_text(read_text(path).rstrip("\n") + "\n" + _GOLDEN + lines, encoding="utf-8")


def case_text(kind: str) -> str:
    return read_text(case_path(kind))


def golden_of(kind: str) -> dict[str, str]:
    return read_golden(case_path(kind))


def write_golden(kind: str, hashes: dict[str, str]) -> None:
    pin(case_path(kind), hashes)


def compile_text(text: str) -> Plan:
    """A plan of a dataset's text, next to the reference files of all cases; every cell is computed anew."""
    with tempfile.TemporaryDirectory() as folder:
        for stored in FOLDER.glob("*.csv"):
            shutil.copy(stored, folder)
        path = Path(folder) / "dataset.yaml"
        path.write_text(text, encoding="utf-8")
        plan = compile_plan(load_dataset(path, KINDS))
    for relation in plan.relations.values():
        relation.stock = None
    return plan


@dataclass(frozen=True)
class Column:
    """A column of a case that is of the case's kind."""

    table: str
    name: str

    def __str__(self) -> str:
        return f"{self.table}.{self.name}"


@dataclass(frozen=True)
class Case:
    """A kind's plan."""

    kind: str
    plan: Plan

    @property
    def columns(self) -> list[Column]:
        """The columns of the kind, with those that a reference file brings along, without those that columns share."""
        return [
            Column(table, name)
            for table, relation in self.plan.relations.items()
            for name in relation.columns
            if name.isprintable() and self.settings(Column(table, name)) in (None, self.kind)
        ]

    def settings(self, column: Column, key: str = "kind") -> object:
        """A setting of the column in the file; None for a column that the file does not name."""
        named = self.plan.dataset.tables[column.table].columns
        return getattr(named[column.name], key) if column.name in named else None

    def keys(self, table: str) -> list[str | None]:
        """The first partitions of a table."""
        period = self.plan.period(table)
        first = self.plan.first_ordinal(table)
        return [None] if period is None else [key_of(period, first + i) for i in range(PARTITIONS)]

    def frames(self, table: str, block_rows: int = BLOCK_ROWS, keys: list[str | None] | None = None) -> Iterator[Frame]:
        for key in self.keys(table) if keys is None else keys:
            for part in self.plan.parts(table, key):
                yield from self.plan.frames(part, block_rows)

    def cells(
        self,
        column: Column,
        block_rows: int = BLOCK_ROWS,
        blocks: int | None = None,
        keys: list[str | None] | None = None,
    ) -> pa.ChunkedArray:
        """The cells of a column, block by block."""
        frames = islice(self.frames(column.table, block_rows, keys), blocks)
        return pa.chunked_array([f.column(column.name) for f in frames], self.binding(column).type)

    def binding(self, column: Column) -> Binding:
        return self.plan.relations[column.table].columns[column.name]

    def is_computed(self, column: Column) -> bool:
        """Whether the cells depend on other columns, whose nulls they may share."""
        return any(c.sources for c in self.plan.contract(column.table).columns if c.name == column.name)

    def addresses(self, table: str) -> Addresses:
        rows = [frame.rows for frame in self.frames(table)]
        partition = np.concatenate([one.partitions for one in rows])
        return Addresses(partition, np.concatenate([one.ordinal for one in rows]))


@lru_cache(maxsize=64)
def load_case(kind: str) -> Case:
    return Case(kind, compile_text(case_text(kind)))


def digest(cells: pa.ChunkedArray) -> str:
    """The content hash of a column's cells, however they are cut or encoded."""
    schema = pa.schema([pa.field("cells", cells.type)])
    return hash_batches(schema, [pa.record_batch([chunk], schema=schema) for chunk in cells.chunks])


def hash_case(kind: str) -> dict[str, str]:
    """The hashes of all columns of a kind, by `table.column`."""
    case = load_case(kind)
    return {str(column): digest(case.cells(column)) for column in case.columns}
