from __future__ import annotations

import subprocess
import sys
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tempdata_dagster.core.fingerprint import fingerprint

NAIVE = datetime.fromisoformat("2024-01-01")


class Colour(StrEnum):
    RED = "red"


def test_it_never_changes_between_releases_of_the_same_version():
    value = {"b": [1, 2.5, None, True], "a": {"x": date(2024, 1, 31), "y": Decimal("1.50")}, "ü": b"\x00"}
    assert fingerprint(value) == "td1:e9539249e3d18d022588b50ab78c558c4dbe44cd"


@pytest.mark.parametrize(("one", "other"), [
    (1, 1.0), (1, True), (0, False), (0, None), ("", None), ("1", 1), ("a", b"a"), ([], {}), ([1, 2], [2, 1]), ([[1], 2], [[1, 2]]),
    (["ab"], ["a", "b"]), ({"a": 1}, {"a": 2}), ({"a": 1}, {"b": 1}), ({"a": None}, {}), ({1: 2}, {"1": 2}), ("é", "e\u0301"),
    (date(2024, 1, 1), "2024-01-01"), (date(2024, 1, 1), NAIVE), (1.0, 1.0000000000000002),
    (Decimal(1), 1), (Decimal("1.5"), Decimal(15)), (2**64, 2**64 + 1), (-1, 1), (Decimal(-1), Decimal(1)), ({1}, [1]),
    (time(1), time(2)), (timedelta(1), timedelta(2)), (NAIVE, NAIVE.replace(tzinfo=UTC)),
])  # fmt: skip
def test_different_values_differ(one, other):
    assert fingerprint(one) != fingerprint(other)


@pytest.mark.parametrize(("one", "other"), [
    ({"a": 1, "b": 2}, {"b": 2, "a": 1}), ([1, 2], (1, 2)), (0.0, -0.0), ({1, 2, 3}, {3, 2, 1}), (Colour.RED, "red"),
    (Decimal("1.50"), Decimal("1.5")), (Decimal(0), Decimal("-0.00")), (Decimal("1e2"), Decimal(100)),
    (datetime(2024, 1, 1, 12, tzinfo=UTC), datetime(2024, 1, 1, 14, tzinfo=timezone(timedelta(hours=2)))),
])  # fmt: skip
def test_equal_values_are_equal(one, other):
    assert fingerprint(one) == fingerprint(other)


@pytest.mark.parametrize("value", [object(), {"a": object()}, [lambda: 1], 1j, range(3), bytearray(b"x")])
def test_what_is_no_plain_value_is_refused(value):
    with pytest.raises(TypeError, match="has no fingerprint"):
        fingerprint(value)


@pytest.mark.parametrize("value", [float("nan"), Decimal("nan"), {"a": [float("nan")]}])
def test_what_is_not_equal_to_itself_is_refused(value):
    with pytest.raises(ValueError, match="does not equal itself"):
        fingerprint(value)


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False) | st.dates() | st.binary(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
    max_leaves=12,
)


@given(plain, plain)
def test_it_tells_values_apart_as_typed_equality_does(one, other):
    assert (fingerprint(one) == fingerprint(other)) == (retype(one) == retype(other))


def retype(value):
    if isinstance(value, dict):
        return {"dict": {key: retype(item) for key, item in value.items()}}
    if isinstance(value, list):
        return [retype(item) for item in value]
    return (type(value).__name__, value)


def test_the_hash_seed_of_the_process_does_not_matter():
    program = "from tempdata_dagster.core.fingerprint import fingerprint; print(fingerprint({'a': {'x', 'y', 'z'}, 'b': [1]}))"
    found = {
        subprocess.run([sys.executable, "-c", program], env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
                       check=True, capture_output=True, text=True).stdout
        for seed in ("1", "2", "3")
    }  # fmt: skip
    assert found == {fingerprint({"b": [1], "a": {"z", "y", "x"}}) + "\n"}
