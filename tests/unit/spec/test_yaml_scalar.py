from __future__ import annotations

from datetime import date

import pytest

from tempdata_dagster.spec.yaml_scalar import ScalarError, resolve_scalar


@pytest.mark.parametrize(("text", "value"), [
    ("", None), ("~", None), ("null", None), ("NULL", None),
    ("true", True), ("False", False), ("TRUE", True),
    ("0", 0), ("-1", -1), ("+7", 7), ("2_000", 2000), ("1_000_000", 1_000_000), ("0o17", 15), ("0xFF", 255),
    ("1.10", 1.1), ("1e3", 1000.0), ("-.5", -0.5), ("2.", 2.0), ("1_000.5", 1000.5), ("6.02E23", 6.02e23),
    ("2024-02-29", date(2024, 2, 29)), ("0001-01-01", date(1, 1, 1)), ("9999-12-31", date(9999, 12, 31)),
    ("y", "y"), ("N", "N"), ("Norway", "Norway"), ("9-17", "9-17"), ("15%/year", "15%/year"), ("10min", "10min"),
    ("2024-01-01T00:00:00Z", "2024-01-01T00:00:00Z"), ("1.2.3", "1.2.3"), (".", "."), ("+", "+"),
    ("٣", "٣"), ("²", "²"),
])  # fmt: skip
def test_unquoted_scalar_has_its_yaml_12_meaning(text, value):
    resolved = resolve_scalar(text)
    assert resolved == value
    assert type(resolved) is type(value)


@pytest.mark.parametrize("text", [
    "yes", "No", "NO", "on", "OFF", "01234", "-007", "12:30:45", "12:30", "190:20:30.15", "0b101", "1__0", "1_", "0x_1",
    "2024-1-5", "08",
])  # fmt: skip
def test_scalar_that_yaml_readers_disagree_on_is_refused_with_a_hint(text):
    with pytest.raises(ScalarError) as caught:
        resolve_scalar(text)
    assert caught.value.problem.code == "TD1017"
    assert text in caught.value.problem.message
    assert caught.value.problem.hint


@pytest.mark.parametrize("text", [
    "2024-02-30", "2023-02-29", "2024-13-01", "0000-01-01", ".inf", "-.INF", ".nan", "1e400", "9" * 5000, "1." + "0" * 99,
])  # fmt: skip
def test_impossible_date_or_number_is_refused(text):
    with pytest.raises(ScalarError) as caught:
        resolve_scalar(text)
    assert caught.value.problem.code == "TD1018"
    assert len(caught.value.problem.message) < 100
