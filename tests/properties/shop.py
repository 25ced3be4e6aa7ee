"""A small dataset with every shape of row source and reference, and ways to look into its plan."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import yaml

from tempdata_dagster.core.content import ContentHash
from tempdata_dagster.engine.addresses import Addresses
from tempdata_dagster.engine.plan import Plan, compile_plan
from tempdata_dagster.generators import KINDS
from tempdata_dagster.spec.load import load_dataset

SHOP = """
dataset: shop
seed: 7
start: 2025-01-01
tables:
  products:
    rows: 60
    key: product_id
    columns:
      product_id: {kind: key, prefix: P}
      supplier_id: {kind: reference, to: suppliers, skew: {pareto: 0.8}}
  suppliers:
    rows: 9
    key: supplier_id
    columns:
      supplier_id: {kind: key, prefix: S}
      best_product_id: {kind: reference, to: products, nulls: 20%}
  promotions:
    rows: 12
    key: promotion_id
    columns:
      promotion_id: {kind: key}
  promoted:
    rows: {per: promotions, distribution: uniform, min: 0, max: 20}
    key: [promotion_id, product_id]
    columns:
      promotion_id: {kind: reference, to: promotions}
      product_id: {kind: reference, to: products, unique_within: promotion_id, skew: {zipf: 1.2}}
  categories:
    rows: 40
    key: category_id
    columns:
      category_id: {kind: key, prefix: K}
      parent_id: {kind: reference, to: categories, nulls: 10%}
  customers:
    rows: {per: day, mean: 5, initial: 50, growth: 15%/year}
    key: customer_id
    columns:
      customer_id: {kind: key, prefix: C}
      signed_up_at: {kind: timestamp}
      closed_at: {kind: timestamp, after: signed_up_at, lag: {min: 10d, max: 400d}, nulls: 50%}
      referrer_id: {kind: reference, to: customers, as_of: signed_up_at, nulls: 30%}
  orders:
    rows: {per: day, mean: 40, weekday: {sat: 1.4}, month: {dec: 1.8}, holidays: US, noise: poisson}
    key: order_id
    columns:
      order_id: {kind: key, prefix: O}
      ordered_at: {kind: timestamp, hours: {9-17: 3, 18-22: 5}}
      customer_id: {kind: reference, to: customers, as_of: ordered_at, alive: closed_at, skew: {zipf: 1.1}}
      customer_since: {kind: lookup, of: customer_id, column: signed_up_at}
      lines: {kind: aggregate, of: order_items, function: count}
      units: {kind: aggregate, of: order_items.quantity, function: sum}
      doubled: {kind: expression, sql: units * 2}
  order_items:
    rows: {per: orders, distribution: geometric, mean: 2.4, min: 1, max: 20}
    key: [order_id, line_number]
    columns:
      order_id: {kind: reference, to: orders}
      line_number: {kind: position}
      product_id: {kind: reference, to: products, skew: {zipf: 1.3}, unique_within: order_id}
      supplier_id: {kind: lookup, of: product_id, column: supplier_id}
      quantity: {kind: integer, min: 1, max: 9}
  shipments:
    rows: {per: orders, share: 0.9, partition_by: shipped_at}
    key: shipment_id
    columns:
      shipment_id: {kind: key, prefix: H}
      order_id: {kind: reference, to: orders}
      ordered_at: {kind: lookup, of: order_id, column: ordered_at, drop: true}
      shipped_at: {kind: timestamp, after: ordered_at, lag: {min: 4h, max: 4d}}
  returns:
    rows: {per: shipments, share: 0.3, partition_by: returned_at}
    key: return_id
    columns:
      return_id: {kind: key, prefix: R}
      shipment_id: {kind: reference, to: shipments}
      shipped_at: {kind: lookup, of: shipment_id, column: shipped_at, drop: true}
      returned_at: {kind: timestamp, after: shipped_at, lag: {min: 2d, max: 6d}}
      compared_to: {kind: reference, to: shipments, as_of: returned_at, skew: uniform, nulls: 1%}
  sensors:
    rows: {per: customers, share: 0.5}
    key: sensor_id
    columns:
      sensor_id: {kind: key, prefix: N}
      customer_id: {kind: reference, to: customers}
  readings:
    rows: {per: products, every: 6h}
    key: [product_id, at]
    columns:
      product_id: {kind: reference, to: products}
      at: {kind: timestamp}
      level: {kind: integer, min: 0, max: 100}
"""


def parse_shop() -> dict[str, Any]:
    """The dataset as a fresh tree."""
    return yaml.safe_load(SHOP)


def plan_of(tree: dict[str, Any], folder: Path) -> Plan:
    """The plan of a tree."""
    path = folder / "shop.yaml"
    path.write_text(yaml.safe_dump(copy.deepcopy(tree), sort_keys=False))
    return compile_plan(load_dataset(path, KINDS))


def rows_of(plan: Plan, table: str, key: str | None, block_rows: int = 65_536) -> pa.Table:
    """The written rows of one partition."""
    schema = plan.contract(table).schema
    batches = [batch for part in plan.parts(table, key) for batch in plan.batches(part, block_rows)]
    return pa.Table.from_batches(batches, schema)


def hash_of(table: pa.Table) -> str:
    """The content hash of rows."""
    content = ContentHash(table.schema)
    for batch in table.to_batches():
        content.update(batch)
    return content.hexdigest()


def keys_of(plan: Plan, table: str, last: str = "2025-01-12") -> list[str | None]:
    """The partition keys of a table up to a day."""
    return plan.partition_keys(table, None, last if plan.period(table) else None)


def addresses_of(plan: Plan, table: str, key: str | None) -> Addresses:
    """The addresses of one partition's rows, in order."""
    frames = [frame for part in plan.parts(table, key) for frame in plan.frames(part)]
    partition = np.concatenate([frame.rows.partitions for frame in frames])
    return Addresses(partition, np.concatenate([frame.rows.ordinal for frame in frames]))
