"""Columns of real plans: a dataset file is written, loaded, compiled and run."""

from __future__ import annotations

import textwrap

import pyarrow as pa
import pytest

from tempdata_dagster.core.errors import SpecError
from tempdata_dagster.engine.plan import compile_plan
from tempdata_dagster.generators import KINDS
from tempdata_dagster.spec.load import load_dataset


@pytest.fixture
def compile_columns(tmp_path):
    """`compile_columns("a: {kind: position}", rows=10)` is a plan with one static table `t`."""

    def compile_(columns: str, *, rows: int = 1000, head: str = "", more: str = ""):
        body = textwrap.indent(textwrap.dedent(columns).strip(), " " * 6)
        text = f"dataset: d\nseed: 7\n{head}\ntables:\n  t:\n    rows: {rows}\n    columns:\n{body}\n{more}"
        path = tmp_path / "d.yaml"
        path.write_text(text, encoding="utf-8")
        return compile_plan(load_dataset(path, KINDS))

    return compile_


@pytest.fixture
def build(compile_columns):
    """The rows of such a table as an Arrow table."""

    def build_(columns: str, *, rows: int = 1000, head: str = "", block_rows: int = 65_536) -> pa.Table:
        plan = compile_columns(columns, rows=rows, head=head)
        batches = [b for part in plan.parts("t", None) for b in plan.batches(part, block_rows)]
        return pa.Table.from_batches(batches, plan.contract("t").schema)

    return build_


@pytest.fixture
def problems(compile_columns):
    """The codes and texts of the problems of such a table."""

    def problems_(columns: str, *, rows: int = 1000, head: str = "") -> list[tuple[str, str, str]]:
        with pytest.raises(SpecError) as raised:
            compile_columns(columns, rows=rows, head=head)
        return [(p.code, p.message, p.hint) for p in raised.value.problems]

    return problems_
