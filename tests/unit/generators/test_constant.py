"""The same value everywhere."""

from __future__ import annotations

from datetime import date

import pyarrow as pa
import pytest

from tempdata_dagster.core.errors import SpecError


@pytest.mark.parametrize(
    ("text", "value", "kind"),
    [
        ("EUR", "EUR", pa.dictionary(pa.int32(), pa.string())),
        ("''", "", pa.dictionary(pa.int32(), pa.string())),
        ("3", 3, pa.int64()),
        ("-9223372036854775808", -(2**63), pa.int64()),
        ("3.5", 3.5, pa.float64()),
        ("true", True, pa.bool_()),
        ("2024-02-29", date(2024, 2, 29), pa.date32()),
    ],
)
def test_repeats_its_value(compile_columns, text, value, kind):
    plan = compile_columns(f"k: {{kind: constant, value: {text}}}", rows=100)
    (frame,) = plan.frames(plan.parts("t", None)[0])
    assert frame.column("k").type == kind
    assert frame.column("k").to_pylist() == [value] * 100
    assert plan.relation("t").columns["k"].values == (value,)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ("value: ~", "an empty value is no value"),
        ("value: [1]", "a value is text"),
        ("value: {a: 1}", "a value is text"),
        ("value: 9223372036854775808", "does not fit 64 bits"),
        ("value: NO", "TD1017"),
        ("value: 1, unique: true", "cannot be unique"),
        ("value: abc, type: int8", "TD2009"),
        ("value: 300, type: int8", "TD2009"),
    ],
)
def test_says_what_is_wrong(compile_columns, settings, message):
    with pytest.raises(SpecError) as error:
        compile_columns(f"k: {{kind: constant, {settings}}}")
    assert message in str(error.value)


def test_needs_a_value(compile_columns):
    with pytest.raises(SpecError, match="'value' is missing"):
        compile_columns("k: {kind: constant}")
