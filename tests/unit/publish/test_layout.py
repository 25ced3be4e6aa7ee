from __future__ import annotations

import pytest

from tempdata_dagster.core.errors import InputError
from tempdata_dagster.core.partition import Period, key_of, ordinal_of
from tempdata_dagster.publish.layout import PartitionRef, is_staged, owner_of, part_name, partition_of_manifest


def refs():
    yield PartitionRef("retail", "orders")
    for period in Period:
        for ordinal in (0, 1, 700, ordinal_of(period, key_of(period, 700)) + 13):
            yield PartitionRef("retail", "orders", period, key_of(period, ordinal))


@pytest.mark.parametrize("ref", list(refs()), ids=str)
def test_every_key_that_is_made_is_recognised(ref):
    mark = ("retail", "orders", ref.safe_key)
    for name in (part_name(0, 1, "a" * 64), part_name(3, 9, "0f" * 32)):
        assert owner_of(f"{ref.folder}/{name}") == mark
        assert is_staged(f"{ref.staging('run-1')}/{name}")
    assert is_staged(f"{ref.staging('run-1')}/part-00003.json")
    assert is_staged(ref.lock)
    assert partition_of_manifest(ref.manifest) == mark
    assert partition_of_manifest(ref.pending) == mark
    assert ":" not in ref.manifest + ref.lock + ref.staging("r")


@pytest.mark.parametrize(
    "key",
    [
        "retail/orders/part-0.parquet", "retail/orders/part-00000.csv.gz.tmp", "retail/_orders/part-00000.parquet",
        "retail/orders/date=today/part-00000.parquet", "orders/part-00000.parquet",
        "retail/orders/date=2026-01-31/part-00000-ABCDEF01.parquet", "retail/orders/date=2026-01-31/x/part-00000.parquet",
        "../retail/orders/part-00000.parquet", "retail/orders/part-00000.parquet\n",
    ],
)  # fmt: skip
def test_other_keys_are_nobodys(key):
    assert owner_of(key) is None
    assert not is_staged(key)
    assert partition_of_manifest(key) is None


def test_a_single_part_keeps_its_name_and_several_carry_their_content():
    assert part_name(0, 1, "ab" * 32) == "part-00000.parquet"
    assert part_name(1, 2, "ab" * 32) == "part-00001-abababab.parquet"


def test_a_period_without_a_key_is_no_partition():
    for period, key in ((Period.DAY, None), (None, "2026-01-31")):
        with pytest.raises(InputError, match="TD3005"):
            PartitionRef("retail", "orders", period, key)
