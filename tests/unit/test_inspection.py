from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from tempdata_dagster.checks.compile import compile_checks
from tempdata_dagster.checks.model import AuditContext, Outcome
from tempdata_dagster.core.errors import TransientError
from tempdata_dagster.generate import generate, open_plan
from tempdata_dagster.inspection import ATTEMPTS, Neighbours, inspect_partition
from tempdata_dagster.publish import PartitionRef, Target
from tempdata_dagster.publish.route import Routes
from tempdata_dagster.refresh import RefreshOptions

SHOP = """\
dataset: shop
start: 2025-01-01
tables:
  customers:
    rows: 60
    key: customer_id
    columns:
      customer_id: {kind: key, prefix: C}
      note: {kind: text, min: 5, max: 200}
  orders:
    rows: 200
    key: order_id
    columns:
      order_id: {kind: key, prefix: O}
      customer_id: {kind: reference, to: customers}
"""
FILES = {0: 1000, 1: 20}  # one file, or three: each replacement takes away the files of the one before


@dataclass(frozen=True)
class RestlessNeighbours(Neighbours):
    """Customers that another run replaces after each of the first times that they are looked up."""

    replacements: list[int] = field(default_factory=list)

    def rows(self, table, keys, columns):
        found = super().rows(table, keys, columns)
        if table == "customers" and self.replacements:
            publish_customers(self.routes.home("customers"), self.replacements.pop(0))
        return found


def publish_customers(target: Target, seed: int) -> None:
    options = RefreshOptions(suite=False, part_rows=FILES[seed % 2])
    plan = open_plan(target.url + ".yaml", seed=seed)
    assert generate(plan, target, tables=["customers"], options=options)[0].status == "published"


@pytest.fixture
def target(tmp_path):
    (tmp_path / "lake.yaml").write_text(SHOP)
    target = Target.open(tmp_path / "lake")
    generate(tmp_path / "lake.yaml", target, options=RefreshOptions(suite=False))
    return target


def inspect(target: Target, replacements: list[int]):
    plan = open_plan(target.url + ".yaml")
    contract = plan.contract("orders")
    staged = target.dataset("shop", "orders")
    ref = PartitionRef("shop", "orders")
    neighbours = RestlessNeighbours(Routes.of(target), ref, {}, replacements=replacements)
    return inspect_partition(contract, staged, compile_checks(contract, suite=False), neighbours, AuditContext())


@pytest.mark.parametrize("times", [1, 2, ATTEMPTS - 1])
def test_parents_that_are_replaced_while_they_are_read_are_read_again(target, times) -> None:
    replacements = list(range(1, times + 1))
    results = inspect(target, replacements)
    assert replacements == []
    assert {result.name: result.outcome for result in results if not result.passed} == {}


def test_parents_that_are_replaced_all_the_time_are_worth_a_retry_of_the_run(target) -> None:
    with pytest.raises(TransientError, match=r"TD5013 .*foreign_key_customer_id"):
        inspect(target, list(range(1, 2 * ATTEMPTS)))


def test_parents_that_are_broken_and_stay_so_are_not_read_again(target) -> None:
    target.store.delete([key for manifest in target.published("shop", "customers").values() for key in manifest.keys])
    results = {result.name: result.outcome for result in inspect(target, [])}
    assert results["foreign_key_customer_id"] is Outcome.ERRORED
