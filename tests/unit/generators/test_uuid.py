"""UUIDs: version 4 by its bits, versions 5 and 7 by the standard library."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from tempdata_dagster.engine.addresses import INITIAL, Addresses
from tempdata_dagster.engine.relation import Frame
from tempdata_dagster.engine.streams import Stream
from tempdata_dagster.generators.uuid import make_words

STREAM = Stream.of("uuid")
VARIANT = np.uint64(1 << 63)


def words_at(partition, ordinal) -> np.ndarray:
    rows = Addresses(np.asarray(partition, dtype=np.int64), np.asarray(ordinal, dtype=np.int64))
    return np.stack(make_words(STREAM, Frame(None, rows)), axis=1)


def test_is_a_uuid_of_version_4_in_lower_case(build):
    for text in build("u: {kind: uuid}", rows=2_000)["u"].to_pylist():
        parsed = uuid.UUID(text)
        assert (str(parsed), parsed.version, parsed.variant) == (text, 4, uuid.RFC_4122)


def test_shows_the_bits_of_its_words():
    (high, low), *_ = words_at([0], [5]).tolist()
    assert uuid.UUID(int=(high << 64) | low).version == 4


@given(st.sets(st.tuples(st.integers(-(2**31), 2**31 - 1), st.integers(0, 2**62 - 1)), min_size=2, max_size=200))
def test_different_addresses_have_different_uuids(addresses):
    partition, ordinal = zip(*sorted(addresses), strict=True)
    assert len(np.unique(words_at(partition, ordinal), axis=0)) == len(addresses)


def test_the_second_half_alone_tells_ordinals_apart():
    words = words_at(np.zeros(1_000_000), np.arange(1_000_000))
    assert len(np.unique(words[:, 1])) == 1_000_000
    assert (words[:, 1] & VARIANT).all()


def test_the_first_half_tells_partitions_of_one_ordinal_apart():
    partitions = np.append(np.arange(-50_000, 50_000), INITIAL)
    words = words_at(partitions, np.full(len(partitions), 77))
    assert len(np.unique(words[:, 0])) == len(partitions)
    assert len(np.unique(words[:, 1])) == 1


@pytest.mark.parametrize("half", [0, 1])
def test_every_free_bit_is_even(half):
    words = words_at(np.repeat([0, 20_000], 100_000), np.tile(np.arange(100_000), 2))[:, half]
    fixed = {63, 62} if half else {12, 13, 14, 15}
    for bit in sorted(set(range(64)) - fixed):
        ones = int((words >> np.uint64(bit) & np.uint64(1)).sum())
        assert stats.binomtest(ones, 200_000).pvalue > 1e-6, f"bit {bit}"


def test_neighbours_differ_in_half_of_the_free_bits():
    words = words_at(np.zeros(50_000), np.arange(50_000))
    flips = np.bitwise_count(words[1:] ^ words[:-1])
    assert flips[:, 0].mean() == pytest.approx(30, abs=0.3)
    assert flips[:, 1].mean() == pytest.approx(31, abs=0.3)


def test_columns_and_tables_have_uuids_of_their_own(build):
    table = build("u: {kind: uuid}\nv: {kind: uuid}", rows=20_000)
    assert not set(table["u"].to_pylist()) & set(table["v"].to_pylist())


def test_version_5_is_that_of_python(build):
    columns = "n: {kind: text, min: 0, max: 200, nulls: 10%}\ni: {kind: position}\n"
    columns += "u: {kind: uuid, version: 5, name: n}\nv: {kind: uuid, version: 5, name: i, namespace: dns}\n"
    columns += f"w: {{kind: uuid, version: 5, name: n, namespace: {uuid.NAMESPACE_OID}}}"
    for row in build(columns, rows=3_000).to_pylist():
        assert row["u"] == (None if row["n"] is None else str(uuid.uuid5(uuid.NAMESPACE_URL, row["n"])))
        assert row["v"] == str(uuid.uuid5(uuid.NAMESPACE_DNS, str(row["i"])))
        assert row["w"] == (None if row["n"] is None else str(uuid.uuid5(uuid.NAMESPACE_OID, row["n"])))


def test_version_7_begins_with_the_moment(build):
    columns = "a: {kind: timestamp, start: 2001-01-01, end: 2031-01-01, nulls: 10%}\nu: {kind: uuid, version: 7, at: a}"
    rows = [row for row in build(columns, rows=5_000).to_pylist() if row["a"] is not None or row["u"] is not None]
    for row in rows:
        parsed = uuid.UUID(row["u"])
        assert (parsed.version, parsed.variant) == (7, uuid.RFC_4122)
        assert parsed.int >> 80 == (row["a"] - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
    assert len({row["u"] for row in rows}) == len(rows)


def test_version_7_is_distinct_over_days(compile_columns):
    more = "  p:\n    rows: {per: day, mean: 300}\n    columns:\n      a: {kind: timestamp}\n"
    more += "      u: {kind: uuid, version: 7, at: a, unique: true}"
    plan = compile_columns("a: {kind: position}", head="start: 2025-01-01", more=more)
    days = plan.partition_keys("p", None, "2025-01-31")
    found = [u for day in days for part in plan.parts("p", day) for b in plan.batches(part) for u in b["u"].to_pylist()]
    assert len(set(found)) == len(found) > 6_000


@pytest.mark.parametrize("settings", ["version: 5", "version: 7", "name: a", "version: 5, name: a, namespace: x"])
def test_settings_of_another_version_are_errors(problems, settings):
    ((code, _, _),) = problems(f"a: {{kind: position}}\nu: {{kind: uuid, {settings}}}")
    assert code == "TD1024"


def test_a_name_or_moment_of_the_wrong_type_is_an_error(problems):
    columns = "a: {kind: position}\nb: {kind: number, min: 0, max: 1}\n"
    ((code, _, _),) = problems(columns + "u: {kind: uuid, version: 7, at: a}")
    assert code == "TD2026"
    ((code, _, _),) = problems(columns + "u: {kind: uuid, version: 5, name: b}")
    assert code == "TD2060"
