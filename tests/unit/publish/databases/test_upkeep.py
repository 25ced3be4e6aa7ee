"""Verifying finds whatever was changed; dropping removes what is ours and nothing else."""

from __future__ import annotations

import pytest

from tempdata_dagster.core.errors import InputError
from tests.unit.publish.databases.shop import DAY, KEY, numbers

NEXT = "2026-02-01"


@pytest.fixture
def filled(shop):
    for key, first in ((DAY, 0), (NEXT, 100)):
        rows = numbers(first, 50, note=[f"note {n}" for n in range(50)], amount=[n / 4 for n in range(50)])
        shop.publish("orders", rows, key, KEY)
    return shop


def find(shop) -> list[tuple[str, str]]:
    return [(one.partition, one.kind) for one in shop.database.verify(shop.dataset)]


def test_sound_tables_have_no_findings(filled):
    assert find(filled) == []
    assert all(one.dataset != filled.dataset for one in filled.database.verify())


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ("UPDATE {orders} SET note = 'Note 7' WHERE id = 7", (DAY, "changed")),
        ("UPDATE {orders} SET note = NULL WHERE id = 7", (DAY, "changed")),
        ("UPDATE {orders} SET note = '' WHERE id = 107", (NEXT, "changed")),
        ("UPDATE {orders} SET amount = amount + 0.25 WHERE id = 8", (DAY, "changed")),
        ("UPDATE {orders} SET id = id + 1000 WHERE id = 149", (NEXT, "changed")),
        # Two cells that change places.
        ("UPDATE {orders} SET note = CASE id WHEN 1 THEN 'note 2' ELSE 'note 1' END WHERE id IN (1, 2)", (DAY, "changed")),
        ("DELETE FROM {orders} WHERE id = 7", (DAY, "wrong_rows")),
        ("INSERT INTO {orders} (id, note, amount, date) VALUES (999, 'x', 1, '2026-02-01')", (NEXT, "wrong_rows")),
        ("INSERT INTO {orders} (id, note, amount, date) VALUES (999, 'x', 1, '2026-03-01')", ("", "extra")),
        ("UPDATE {orders} SET date = '2026-02-01' WHERE id = 7", (DAY, "wrong_rows")),
    ],
)  # fmt: skip
def test_a_change_is_found(filled, change, found):
    filled.change(change)
    assert found in find(filled)


def test_a_table_or_a_column_that_is_gone_is_found(filled):
    filled.change("DROP TABLE {orders}")
    assert find(filled) == [(DAY, "missing"), (NEXT, "missing")]


def test_a_manifest_that_was_changed_is_found(filled):
    filled.change(
        "UPDATE {_tempdata_manifests} SET manifest = replace(manifest, '\"rows\": 50', '\"rows\": 51') WHERE partition_key = '2026-01-31'"
    )
    assert (DAY, "unreadable_manifest") in find(filled)
    assert filled.database.published_keys(filled.dataset, "orders") == [DAY, NEXT]
    assert list(filled.database.published(filled.dataset, "orders")) == [NEXT]


def test_what_is_not_there_cannot_be_verified(filled):
    with pytest.raises(InputError, match="TD3006"):
        filled.database.verify("nobody")


def test_only_what_is_ours_goes(filled):
    filled.change("CREATE TABLE {others} (x int)")
    filled.publish("customers", numbers(0, 3))
    filled.database.drop(filled.dataset, "orders")
    filled.database.drop(filled.dataset, "others")
    assert filled.database.tables(filled.dataset) == ["customers"]
    assert filled.query("SELECT count(*) FROM {others}")[0][0] in (0, "0")
    assert filled.read("customers").num_rows == 3
