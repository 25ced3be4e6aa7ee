"""What holds for a few rows holds for many: references, keys, streams, and any number of workers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest

from tempdata_dagster.engine.addresses import Addresses
from tempdata_dagster.engine.arrays import unwrap
from tempdata_dagster.engine.plan import Plan
from tempdata_dagster.engine.relation import Frame
from tempdata_dagster.engine.streams import Stream, derive_key, to_unit
from tempdata_dagster.generate import generate
from tempdata_dagster.generators.uuid import make_words
from tempdata_dagster.refresh import RefreshOptions
from tests.properties.shop import keys_of, parse_shop, plan_of, rows_of

pytestmark = pytest.mark.slow

DAYS = 20
LAST_DAY = f"2025-01-{DAYS}"
Blocks = Callable[[], Iterator[np.ndarray]]


def make_orders(tmp_path, rows: int) -> Plan:
    """Customers who sign up by the day, about `rows` orders of theirs, and the orders' items."""

    def column(kind: str, **settings):
        return {"kind": kind, **settings}

    order, lag = {"per": "day", "mean": rows // DAYS, "noise": "poisson"}, {"min": "1min", "max": "6h"}
    tree = {
        "dataset": "scale", "seed": 11, "start": date(2025, 1, 1),
        "tables": {
            "products": {"rows": 1_000, "key": "product_id", "columns": {"product_id": column("key")}},
            "customers": {
                "rows": {"per": "day", "mean": 500, "initial": 20_000}, "key": "customer_id",
                "columns": {"customer_id": column("key", prefix="C"), "signed_up_at": column("timestamp")},
            },
            "orders": {
                "rows": order, "key": "order_id",
                "columns": {
                    "order_id": column("key", prefix="O"), "ordered_at": column("timestamp"),
                    "customer_id": column("reference", to="customers", as_of="ordered_at", skew={"zipf": 0.8}),
                },
            },
            "items": {
                "rows": {"per": "orders", "distribution": "geometric", "mean": 2.4, "min": 1, "max": 20},
                "columns": {
                    "order_id": column("reference", to="orders"),
                    "ordered_at": column("lookup", of="order_id", column="ordered_at", drop=True),
                    "packed_at": column("timestamp", after="ordered_at", lag=lag),
                    "product_id": column("reference", to="products", skew={"zipf": 1.1}),
                },
            },
        },
    }  # fmt: skip
    return plan_of(tree, tmp_path)


CHECKS = {
    "orders without a customer": "orders ANTI JOIN customers USING (customer_id)",
    "orders before their customer": "orders JOIN customers USING (customer_id) WHERE signed_up_at > ordered_at",
    "items without an order": "items ANTI JOIN orders USING (order_id)",
    "items before their order": "items JOIN orders USING (order_id) WHERE ordered_at > packed_at",
    "items without a product": "items ANTI JOIN products USING (product_id)",
    "orders": "orders",
    "items": "items",
    "customers with orders today": "(SELECT DISTINCT customer_id FROM orders) JOIN customers USING (customer_id)",
}


def test_no_orphans_and_no_child_older_than_its_parent(tmp_path, torture, figure):
    import duckdb

    rows = 10_000_000 if torture else 200_000
    plan, found = make_orders(tmp_path, rows), Counter()
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.register("products", rows_of(plan, "products", None))
        connection.execute("CREATE TABLE customers (customer_id VARCHAR, signed_up_at TIMESTAMPTZ)").fetchall()
        for key in keys_of(plan, "orders", LAST_DAY):
            connection.register("today", rows_of(plan, "customers", key))
            connection.execute("INSERT INTO customers SELECT * FROM today").fetchall()
            for table in ("orders", "items"):
                connection.register(table, rows_of(plan, table, key))
            for name, rest in CHECKS.items():
                found[name] += connection.execute(f"SELECT count(*) FROM {rest}").fetchall()[0][0]
    orders, items = found["orders"], found["items"]
    assert orders > 0.99 * rows
    assert items > 2.3 * orders
    assert found["customers with orders today"] > DAYS * 1_000
    assert {name: count for name, count in found.items() if " without " in name or " before " in name} == {
        name: 0 for name in CHECKS if " without " in name or " before " in name
    }
    figure(f"0 orphans and 0 children older than their parent in {orders:,} orders with {items:,} items")


def count_repeats(blocks: Blocks, passes: int) -> tuple[int, int]:
    """How many numbers there are and how many repeat an earlier one; every pass sorts a share of them."""
    total = repeats = 0
    for share in range(passes):
        kept = []
        for values in blocks():
            numbers = values.view(np.uint64)
            kept.append(numbers[(numbers * np.uint64(0x9E3779B97F4A7C15) >> np.uint64(33)) % passes == share])
        ordered = np.concatenate(kept)
        ordered.sort()
        total += len(ordered)
        repeats += int((ordered[1:] == ordered[:-1]).sum())
    return total, repeats


def test_repeats_are_counted():
    numbers = np.random.default_rng(3).permutation(100_000).astype(np.int64)
    assert count_repeats(lambda: iter(np.split(numbers, 10)), 4) == (100_000, 0)
    numbers[[5, 70_000, 99_999]] = numbers[[90_000, 12, 12]]
    assert count_repeats(lambda: iter(np.split(numbers, 10)), 4) == (100_000, 3)


def frames_of(plan: Plan, table: str) -> Iterator[Frame]:
    for key in keys_of(plan, table, LAST_DAY):
        for part in plan.parts(table, key):
            yield from plan.frames(part)


@pytest.mark.parametrize("layout", ["static", "daily"])
def test_no_unique_number_twice(tmp_path, torture, figure, layout):
    rows = 100_000_000 if torture else 2_000_000
    source = {"static": {"count": rows}, "daily": {"per": "day", "mean": rows // DAYS}}[layout]
    largest = rows + 1_000 if layout == "static" else 2 * 10**12
    columns = {"number": {"kind": "integer", "min": 1, "max": largest, "unique": True}, "id": {"kind": "uuid"}}
    tree = {"dataset": "keys", "start": date(2025, 1, 1), "tables": {"t": {"rows": source, "columns": columns}}}
    plan = plan_of(tree, tmp_path)
    stream = Stream.of(plan.dataset.seed, plan.dataset.dataset, "t", "id", "")
    ways: dict[str, Blocks] = {
        "unique numbers": lambda: (unwrap(frame.column("number")) for frame in frames_of(plan, "t")),
        "halves of UUIDs": lambda: (make_words(stream, frame)[layout == "static"] for frame in frames_of(plan, "t")),
    }
    for name, blocks in ways.items():
        total, repeats = count_repeats(blocks, 8 if torture else 2)
        assert total == rows
        assert repeats == 0
        figure(f"0 repeats in {total:,} {name} of a {layout} table")


def test_the_halves_are_those_of_the_text(tmp_path):
    tree = {"dataset": "keys", "tables": {"t": {"rows": 500, "columns": {"id": {"kind": "uuid"}}}}}
    plan = plan_of(tree, tmp_path)
    (frame,) = frames_of(plan, "t")
    halves = make_words(Stream.of(plan.dataset.seed, "keys", "t", "id", ""), frame)
    texts = [f"{high:016x}{low:016x}" for high, low in zip(*(half.tolist() for half in halves), strict=True)]
    assert texts == [text.replace("-", "") for text in frame.column("id").to_pylist()]


def test_no_two_names_have_one_stream(torture, figure):
    count = 1_000_000 if torture else 200_000
    names = [("shop", f"t{n // 1_000}", f"c{n % 1_000}", lane) for n in range(count // 2) for lane in ("", "parent")]
    keys = np.array([derive_key(42, *name) for name in names], dtype=np.uint64)
    assert len(names) == count
    for half in (0, 1):
        assert len(np.unique(keys[:, half])) == count
    close = [
        derive_key("ab", "c"),
        derive_key("a", "bc"),
        derive_key("abc"),
        derive_key("abc", ""),
        derive_key("", "abc"),
    ]
    assert len(set(close)) == len(close)
    figure(f"0 stream keys in common among {count:,} names, in either half of the key")


def test_neighbours_are_uncorrelated(torture, figure):
    """Streams of neighbouring names, rows, partitions and seeds, as numbers, bit by bit, and as shifted copies."""
    count = 1_000_000 if torture else 100_000
    rows, limit = np.arange(count), 5.5 / np.sqrt(count)
    streams = {
        "columns": [Stream.of(1, "d", "t", f"c{n}", "") for n in range(12)],
        "seeds": [Stream.of(n, "d", "t", "c", "") for n in range(12)],
        "lanes": [Stream.of(1, "d", "t", "c", f"{n}") for n in range(12)],
    }
    drawn = {name: [stream.bits(Addresses(0, rows)) for stream in some] for name, some in streams.items()}
    one = streams["columns"][0]
    drawn["partitions"] = [one.bits(Addresses(partition, rows)) for partition in (*range(8), -(2**31), 2**40)]
    drawn["rows"] = [one.bits(Addresses(0, rows + shift)) for shift in (0, 1, 2, 3, 256, 65_536)]
    worst = 0.0
    for name, bits in drawn.items():
        correlations = np.corrcoef([to_unit(some) for some in bits]) - np.eye(len(bits))
        worst = max(worst, float(np.abs(correlations).max()))
        assert worst < limit, name
        for left, right in pairwise(bits):
            differing = np.unpackbits((left ^ right).view(np.uint8).reshape(-1, 8), axis=1)
            assert np.abs(differing.mean(axis=0) - 0.5).max() < limit / 2, name
    for name in ("columns", "seeds", "lanes", "partitions"):
        assert len(np.unique(np.concatenate(drawn[name]))) == count * len(drawn[name]), name
    figure(f"largest correlation of neighbouring streams over {count:,} rows: {worst:.5f} (limit {limit:.5f})")


def test_the_number_of_workers_does_not_show(tmp_path, figure):
    plan = plan_of(parse_shop(), tmp_path)
    options, found = RefreshOptions(suite=False, part_rows=40), {}
    for workers in (1, 2, 8):
        lake = tmp_path / f"lake{workers}"
        results = generate(plan, lake, last="2025-01-03", workers=workers, options=options)
        assert {result.status for result in results} == {"published"}
        found[workers] = {(one.table, one.partition): (one.content_hash, one.rows, one.files) for one in results}
    assert found[1] == found[2] == found[8]
    assert max(files for _, _, files in found[1].values()) > 1
    figure(f"the same {len(found[1])} partitions by 1, 2 and 8 workers")


def test_a_block_of_a_large_table_equals_the_same_rows_alone(tmp_path, torture):
    plan = make_orders(tmp_path, 10_000_000 if torture else 200_000)
    key = keys_of(plan, "items", LAST_DAY)[-1]
    (*_, last) = (frame for part in plan.parts("items", key) for frame in plan.frames(part))
    some = np.arange(0, len(last), max(len(last) // 500, 1))
    alone = plan.relation("items").at(last.rows.take(some))
    for name in plan.relation("items").columns:
        assert alone.column(name).equals(last.column(name).take(pa.array(some))), name
