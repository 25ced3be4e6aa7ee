"""A small project on disk: a shop with a static table, a growing population, orders as of their day, and their items."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg

SHOP = """\
# A comment.
dataset: shop
seed: 1
start: 2026-01-01
schedule: {cron: "0 2 * * *", timezone: UTC}
tables:
  products:
    description: What is sold.
    owners: ["team:data"]
    rows: 50
    key: product_id
    columns:
      product_id: {kind: key, prefix: P, description: Its number.}
  customers:
    rows: {per: day, mean: 5, initial: 20}
    key: customer_id
    columns:
      customer_id: {kind: key, prefix: C}
      signed_up_at: {kind: timestamp}
  orders:
    rows: {per: day, mean: 20}
    key: order_id
    columns:
      order_id: {kind: key, prefix: O}
      ordered_at: {kind: timestamp}
      customer_id: {kind: reference, to: customers, as_of: ordered_at}
      items: {kind: aggregate, of: order_items.line_number, function: count}
    rules:
      - items >= 1
  order_items:
    rows: {per: orders, distribution: uniform, min: 1, max: 3}
    key: [order_id, line_number]
    columns:
      order_id: {kind: reference, to: orders}
      line_number: {kind: position}
      product_id: {kind: reference, to: products}
"""
PLAIN = """\
dataset: {name}
tables:
  things:
    rows: 10
    key: thing_id
    columns:
      thing_id: {{kind: key, prefix: T}}
"""


@dataclass(frozen=True)
class Project:
    """A project's folder."""

    root: Path

    @property
    def file(self) -> Path:
        return self.root / "configs" / "project.yaml"

    @property
    def datasets(self) -> Path:
        return self.root / "configs" / "datasets"

    @property
    def lake(self) -> Path:
        return self.root / "lake"

    def write(self, name: str, text: str) -> Path:
        path = self.datasets / f"{name}.yaml"
        path.write_text(textwrap.dedent(text), encoding="utf-8")
        return path

    def edit(self, name: str, before: str, after: str) -> None:
        text = (self.datasets / f"{name}.yaml").read_text(encoding="utf-8")
        assert before in text
        self.write(name, text.replace(before, after))

    def definitions(self, **options: Any) -> dg.Definitions:
        """The project's definitions, without the Great Expectations suite, whose import alone takes seconds."""
        from tempdata_dagster.orchestration.definitions import build_tempdata_definitions
        from tempdata_dagster.orchestration.resources import TempDataResource

        lake = TempDataResource(project=str(self.file), suite_partitions=0, retry_seconds=0.0)
        return build_tempdata_definitions(project=self.file, **{"resource": lake, **options})


def make_project(root: Path) -> Project:
    project = Project(root)
    project.datasets.mkdir(parents=True)
    project.file.write_text("default_target: local\ntargets:\n  local: {url: ./lake}\n", encoding="utf-8")
    project.write("shop", SHOP)
    return project


def materialize(
    definitions: dg.Definitions, instance: dg.DagsterInstance, *tables: str, keys: tuple[str, str] | None = None
) -> dg.ExecuteInProcessResult:
    """Runs tables (`shop/orders`; all when none is named) in one run over a range of partitions."""
    tags = (
        {"dagster/asset_partition_range_start": keys[0], "dagster/asset_partition_range_end": keys[1]} if keys else {}
    )
    return definitions.resolve_implicit_global_asset_job_def().execute_in_process(
        instance=instance,
        asset_selection=[dg.AssetKey.from_user_string(table) for table in tables] or None,
        tags=tags,
        raise_on_error=False,
        run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
    )


def materialized(result: dg.ExecuteInProcessResult) -> dict[tuple[str, str | None], dg.AssetMaterialization]:
    """The materializations of a run, by asset and partition."""
    events = result.get_asset_materialization_events()
    found = [event.step_materialization_data.materialization for event in events]
    assert len({(one.asset_key, one.partition) for one in found}) == len(found), "a partition was recorded twice"
    return {(one.asset_key.to_user_string(), one.partition): one for one in found}
