"""Both datasets go the whole way: generated, audited with their own expectations, published."""

from __future__ import annotations

import pyarrow.parquet as pq
import pytest

from tempdata_dagster.generate import generate
from tempdata_dagster.refresh import RefreshOptions
from tests.unit.datasets.lake import FOLDER


@pytest.mark.slow
@pytest.mark.parametrize(("name", "scale", "last"), [("retail", 0.02, "2025-01-02"), ("tpch", 0.001, None)])
def test_every_partition_passes_its_audit(name, scale, last, tmp_path):
    results = generate(FOLDER / f"{name}.yaml", tmp_path, scale=scale, last=last, options=RefreshOptions(suite=False))
    assert {result.status for result in results} == {"published"}
    failed = [
        check for result in results for check in result.checks if not check.passed and check.severity != "warning"
    ]
    assert failed == []
    for result in results:
        files = sorted((tmp_path / name / result.table).rglob("*.parquet"))
        assert sum(pq.read_metadata(file).num_rows for file in files) >= result.rows
