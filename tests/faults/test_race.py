from __future__ import annotations

import random
import threading
from collections import Counter

import pyarrow.dataset as pads
import pytest

from tempdata_dagster.core.errors import TempDataError
from tempdata_dagster.publish import PartitionFacts, Target
from tempdata_dagster.publish.verify import verify
from tests.emulators.lakes import KINDS
from tests.faults.writer import KEYS, publish_partition, read_version

KEY = KEYS[0]


def race(url: str, options: dict, versions: list[int]) -> list[str]:
    barrier = threading.Barrier(len(versions))
    outcomes: list[str] = []

    def run(version: int) -> None:
        barrier.wait()
        try:
            outcomes.append(publish_partition(url, version, KEY, options=options))
        except TempDataError as error:
            outcomes.append(error.code)

    threads = [threading.Thread(target=run, args=(version,)) for version in versions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def check_winner(target: Target, versions: list[int]) -> int:
    manifest = target.published("retail", "orders")[KEY]
    winner = read_version(target.dataset("retail", "orders").to_table())
    assert winner in versions
    assert manifest.facts == PartitionFacts(seed=winner), "the manifest is of another writer than the files"
    assert verify(target) == []
    return winner


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_runs_of_one_partition_leave_one_whole_winner(kind, new_lake, figure, torture):
    url, options = new_lake(kind)
    target = Target.open(url, options)
    rounds = 200 if torture else {"local": 16, "memory": 8}.get(kind, 4)
    draw = random.Random(kind)
    codes: Counter[str] = Counter()
    winners: Counter[int] = Counter()
    for round_ in range(rounds):
        versions = list(range(10 * round_, 10 * round_ + (draw.randint(2, 8) if torture else 2 + round_ % 3)))
        codes.update(race(url, options, versions))
        winner = check_winner(target, versions)
        winners[winner % 10] += 1
        # Arrow cannot list what lies in memory.
        if kind != "memory":
            filesystem, folder = target.store.filesystem()
            plain = pads.dataset(f"{folder}/retail/orders/date={KEY}", filesystem=filesystem).to_table()
            assert read_version(plain) == winner
    figure(
        f"{rounds} races of 2-{8 if torture else 4} writers ({kind}): 0 mixes, {dict(codes)}, {len(winners)} winners"
    )
    assert set(codes) <= {"published"}


def test_writers_of_different_partitions_do_not_wait_for_each_other(tmp_path):
    target = Target.open(tmp_path)
    with target.store.exclusive("_staging/_locks/retail.orders.2026-01-01", wait=0):
        assert publish_partition(tmp_path, 1, KEYS[1]) == "published"


def test_a_lock_that_is_held_ends_in_a_transient_error(tmp_path):
    store = Target.open(tmp_path).store
    with (
        store.exclusive("_staging/_locks/retail.orders.static", wait=0),
        pytest.raises(TempDataError, match="TD3031"),
        store.exclusive("_staging/_locks/retail.orders.static", wait=0.05),
    ):
        pass
    assert list(store.entries("")) == []
