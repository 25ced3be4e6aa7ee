"""Runs of one dataset with different seeds, at once, into one lake: each reads parents that the others replace."""

from __future__ import annotations

import multiprocessing
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tempdata_dagster.core.errors import TempDataError
from tempdata_dagster.generate import generate, open_plan
from tempdata_dagster.publish import Target
from tempdata_dagster.publish.verify import verify
from tempdata_dagster.refresh import RefreshOptions

KEYS = ("2025-01-01", "2025-01-02", "2025-01-03")
# The numbers of rows do not depend on the seed, so that a reference to another seed's parent is no orphan.
SHOP = """\
dataset: shop
start: 2025-01-01
tables:
  shops:
    rows: 40
    key: shop_id
    columns:
      shop_id: {kind: key, prefix: S}
      note: {kind: text, min: 5, max: 200}
  customers:
    rows: {per: day, mean: 60, noise: none, initial: 30}
    key: customer_id
    columns:
      customer_id: {kind: key, prefix: C}
      joined_at: {kind: timestamp}
      note: {kind: text, min: 5, max: 200}
  orders:
    rows: {per: day, mean: 80, noise: none}
    key: order_id
    columns:
      order_id: {kind: key, prefix: O}
      ordered_at: {kind: timestamp}
      shop_id: {kind: reference, to: shops}
      customer_id: {kind: reference, to: customers, as_of: ordered_at}
      note: {kind: text, min: 5, max: 200}
"""
TABLES = ("shops", "customers", "orders")
SEEDS = (1, 2, 3)


def publish_seed(file: str, root: str, seed: int, rounds: int) -> Counter[str]:
    """How the partitions of some runs ended. Every other run writes several files for each partition."""
    seen: Counter[str] = Counter()
    plan = open_plan(file, seed=seed)
    for number in range(rounds):
        options = RefreshOptions(suite=False, part_rows=(1000, 25)[(number + seed) % 2])
        try:
            results = generate(plan, root, first=KEYS[0], last=KEYS[-1], options=options)
        except TempDataError as error:
            seen[str(error)] += 1
            continue
        seen.update(result.status for result in results)
        seen.update(f"{result.table}: {check.message}" for result in results for check in result.failed_checks)
    return seen


def list_folders(root: Path) -> Iterator[tuple[str, Path]]:
    yield "shops", root / "shop/shops"
    for table in TABLES[1:]:
        yield from ((table, root / f"shop/{table}/date={key}") for key in KEYS)


def read_plainly(folder: Path) -> pa.Table:
    rows = pa.concat_tables(pq.ParquetFile(file).read() for file in sorted(folder.glob("part-*.parquet")))
    return rows.sort_by(rows.schema.names[0])


@pytest.mark.slow
def test_parents_that_are_replaced_meanwhile_break_no_audit(tmp_path, figure, torture):
    file = tmp_path / "shop.yaml"
    file.write_text(SHOP)
    rounds = 60 if torture else 6
    lake = tmp_path / "lake"
    with ProcessPoolExecutor(len(SEEDS), mp_context=multiprocessing.get_context("spawn")) as pool:
        jobs = [pool.submit(publish_seed, str(file), str(lake), seed, rounds) for seed in SEEDS]
        seen = sum((job.result() for job in jobs), Counter())
    alone = [tmp_path / f"seed-{seed}" for seed in SEEDS]
    for seed, root in zip(SEEDS, alone, strict=True):
        assert set(publish_seed(str(file), str(root), seed, 1)) == {"published"}
    winners = Counter()
    for (_, folder), *whole in zip(list_folders(lake), *map(list_folders, alone), strict=True):
        rows = read_plainly(folder)
        winners[[rows.equals(read_plainly(other)) for _, other in whole].index(True)] += 1
    figure(f"{len(SEEDS)} writers of other seeds, {rounds} times 7 partitions each: {dict(seen)}, 0 mixes")
    assert set(seen) <= {"published", "unchanged"}
    assert verify(Target.open(lake)) == []
