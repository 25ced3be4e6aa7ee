"""Audits of far more rows than fit into the memory that they are given."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from tempdata_dagster.checks.audit import audit
from tempdata_dagster.checks.compile import compile_checks
from tempdata_dagster.checks.model import AuditContext, CheckResult, Outcome
from tempdata_dagster.core.errors import TerminalError
from tempdata_dagster.spec.contract import ColumnContract, ForeignKey, TableContract

ROOT = Path(__file__).parents[3]
ROWS = 500_000
COLUMNS = (ColumnContract("id", pa.string()), ColumnContract("parent", pa.string()))
CHAIN = ForeignKey("foreign_key_parent", ("parent",), "chain", ("id",), cyclic=True)
CONTRACT = TableContract("shop", "chain", None, ("id",), COLUMNS, (CHAIN,))


def write_chain(path: Path, rows: int = ROWS, orphans: int = 0) -> ds.Dataset:
    """Rows that each refer to themselves, but for the last ones, which refer to nothing that is there."""
    schema = pa.schema([("id", pa.string()), ("parent", pa.string())])
    with pq.ParquetWriter(path, schema) as writer:
        for first in range(0, rows, 50_000):
            numbers = range(first, min(first + 50_000, rows))
            ids = pa.array([str(number) for number in numbers])
            parents = pa.array([str(number if number < rows - orphans else -number) for number in numbers])
            writer.write_table(pa.table([ids, parents], schema))
    return ds.dataset(path)


def run(staged: ds.Dataset, memory_mb: int, threads: int = 2) -> dict[str, CheckResult]:
    native = [spec for spec in compile_checks(CONTRACT) if spec.engine == "native"]
    context = AuditContext(published=lambda _: staged, memory_mb=memory_mb, threads=threads)
    return {result.name: result for result in audit(CONTRACT, staged, context, native)}


@pytest.fixture(scope="module")
def chain(tmp_path_factory) -> ds.Dataset:
    return write_chain(tmp_path_factory.mktemp("chain") / "rows.parquet")


@pytest.mark.parametrize("threads", [1, 2, 4, 8])
def test_little_memory_is_enough_whatever_the_number_of_threads(chain, threads) -> None:
    assert [result for result in run(chain, 40, threads).values() if not result.passed] == []


def test_references_that_do_not_fit_are_looked_up_in_slices(tmp_path) -> None:
    staged = write_chain(tmp_path / "rows.parquet", orphans=7)
    found = run(staged, 16)["foreign_key_parent"]
    assert (found.outcome, found.failed_rows) == (Outcome.FAILED, 7)
    assert found.metadata["references"] == found.metadata["distinct_references"] == ROWS


def test_too_little_memory_names_what_to_raise(chain) -> None:
    found = run(chain, 2)["key_unique"]
    assert (found.outcome, found.blocks) == (Outcome.ERRORED, True)
    assert found.metadata["error"] == "it needs more memory than 2 MB (raise the limit 'audit_memory_mb')"


def test_temporary_files_that_do_not_fit_are_the_outside_worlds_fault(chain) -> None:
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, before[1]))
    try:
        with pytest.raises(TerminalError, match="TD5012"):
            run(chain, 40)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.slow
def test_what_does_not_fit_is_spilled(tmp_path, figure) -> None:
    file = tmp_path / "rows.parquet"
    write_chain(file, 4 * ROWS)
    peaks = []
    for memory_mb in (64, 2000):
        code = f"from tests.unit.checks.test_memory import print_peak; print_peak({str(file)!r}, {memory_mb})"
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        ended = subprocess.run(
            [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
        )
        peaks.append(int(ended.stdout))
    figure(f"audit of {4 * ROWS:,} keys and references: peak {peaks[0]} MB within 64 MB, {peaks[1]} MB within 2,000 MB")
    assert peaks[0] + 100 < peaks[1]


def print_peak(file: str, memory_mb: int) -> None:
    """The most memory that a process needs for an audit, in MB, its imports among it."""
    results = run(ds.dataset(file), memory_mb)
    assert all(result.passed for result in results.values())
    status = Path("/proc/self/status").read_text()
    print(int(status.partition("VmHWM:")[2].split()[0]) // 1000)
