"""Truth values."""

from __future__ import annotations

import pyarrow as pa
import pytest

from tempdata_dagster.core.errors import SpecError


@pytest.mark.parametrize(
    ("share", "expected"), [("0.3", 0.3), ("3%", 0.03), ("0", 0), ("1", 1), ("100%", 1), ("0.5", 0.5)]
)
def test_is_true_as_often_as_asked(build, share, expected):
    column = build(f"b: {{kind: boolean, share: {share}}}", rows=50_000)["b"]
    assert column.type == pa.bool_()
    spread = 5 * (expected * (1 - expected) / 50_000) ** 0.5
    assert sum(column.to_pylist()) / 50_000 == pytest.approx(expected, abs=spread)


def test_a_larger_share_keeps_what_was_true(build):
    some = build("b: {kind: boolean, share: 0.3}")["b"].to_pylist()
    more = build("b: {kind: boolean, share: 0.4}")["b"].to_pylist()
    assert all(after for before, after in zip(some, more, strict=True) if before)


@pytest.mark.parametrize(
    ("settings", "message"),
    [("share: 1.5", "between 0 and 1"), ("share: -0.1", "between 0 and 1"), ("unique: true", "cannot be unique")],
)
def test_says_what_is_wrong(compile_columns, settings, message):
    with pytest.raises(SpecError, match=message):
        compile_columns(f"b: {{kind: boolean, {settings}}}")
