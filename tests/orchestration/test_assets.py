from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import dagster as dg
import pytest

from tempdata_dagster.core.errors import InputError
from tempdata_dagster.engine.plan import Plan
from tempdata_dagster.orchestration.assets import build_tempdata_asset_specs, build_tempdata_assets, check_dependencies
from tempdata_dagster.orchestration.datasets import DatasetSource
from tempdata_dagster.orchestration.translator import TempDataTranslator, TempDataTranslatorData
from tests.orchestration.shop import Project

CYCLE = """\
dataset: firm
tables:
  employees:
    rows: 30
    key: employee_id
    columns:
      employee_id: {kind: key, prefix: E}
      manager_id: {kind: reference, to: employees, nulls: 10%}
"""


def plan_of(project: Project, name: str = "shop") -> Plan:
    path = project.datasets / f"{name}.yaml"
    file = DatasetSource((path,)).read_one(path)
    assert file.plan, file.problems
    return file.plan


def specs_of(project: Project, **options: Any) -> dict[str, dg.AssetSpec]:
    return {spec.key.path[-1]: spec for spec in build_tempdata_asset_specs(plan_of(project), **options)}


def test_each_table_is_an_asset_of_its_dataset(project: Project):
    specs = specs_of(project)

    assert [spec.key.path for spec in specs.values()] == [
        ["shop", "products"], ["shop", "customers"], ["shop", "orders"], ["shop", "order_items"]
    ]  # fmt: skip
    assert {spec.group_name for spec in specs.values()} == {"shop"}
    assert specs["products"].kinds == {"tempdata", "parquet"}
    assert specs["products"].owners == ["team:data"]
    assert specs["products"].description == "What is sold."


def test_code_versions_are_fingerprints(project: Project):
    plan = plan_of(project)

    assert {spec.code_version for spec in specs_of(project).values()} == {
        plan.fingerprint(t) for t in plan.dataset.tables
    }


def test_dependencies_are_the_references(project: Project):
    deps = {name: {dep.asset_key.path[-1] for dep in spec.deps} for name, spec in specs_of(project).items()}

    assert deps == {
        "products": set(),
        "customers": set(),
        "orders": {"customers"},
        "order_items": {"orders", "products"},
    }


def test_columns_are_shown_with_types_descriptions_and_constraints(project: Project):
    schema = specs_of(project)["products"].metadata["dagster/column_schema"]
    [column] = schema.columns

    assert (column.name, column.type, column.description) == ("product_id", "string", "Its number.")
    assert column.constraints.unique
    assert not column.constraints.nullable
    assert schema.constraints.other == ["key (product_id)"]


def test_references_rules_and_lineage_are_shown(project: Project):
    metadata = specs_of(project)["orders"].metadata
    columns = {column.name: column for column in metadata["dagster/column_schema"].columns}

    assert "references customers.customer_id" in columns["customer_id"].constraints.other
    assert "items >= 1" in metadata["dagster/column_schema"].constraints.other
    lineage = metadata["dagster/column_lineage"].deps_by_column
    assert dg.TableColumnDep(dg.AssetKey(["shop", "customers"]), "customer_id") in lineage["customer_id"]


def test_the_asset_leads_to_its_line(project: Project):
    [reference] = specs_of(project)["orders"].metadata["dagster/code_references"].code_references
    line = (project.datasets / "shop.yaml").read_text(encoding="utf-8").splitlines()[reference.line_number - 1]

    assert reference.file_path == str(project.datasets / "shop.yaml")
    assert line.strip() == "orders:" or "rows" in line


def test_the_place_is_shown_when_the_lake_is_known(project: Project):
    assert specs_of(project, root="s3://lake/")["orders"].metadata["dagster/uri"] == "s3://lake/shop/orders"
    assert "dagster/uri" not in specs_of(project)["orders"].metadata


def test_a_reference_that_closes_a_cycle_is_no_dependency_but_is_named(project: Project):
    project.write("firm", CYCLE)
    [spec] = build_tempdata_asset_specs(plan_of(project, "firm"))

    assert list(spec.deps) == []
    assert spec.metadata["tempdata/cyclic_references"].value == ["(manager_id) -> employees (employee_id)"]


@dataclass
class Graph:
    """As much of a plan as the check of its dependencies looks at."""

    edges: dict[str, tuple[str, ...]]

    @property
    def dataset(self) -> Any:
        return SimpleNamespace(tables=self.edges)

    def dependencies(self, table: str) -> tuple[str, ...]:
        return self.edges[table]


def test_a_cycle_is_told_with_its_way():
    with pytest.raises(InputError, match=r"TD4002.*a -> b -> a|TD4002.*b -> a -> b"):
        check_dependencies(Graph({"a": ("b",), "b": ("a",)}))  # type: ignore[arg-type]


def test_a_dangling_dependency_is_told():
    with pytest.raises(InputError, match=r"TD4001.*'a' depends on 'ghost'"):
        check_dependencies(Graph({"a": ("ghost",)}))  # type: ignore[arg-type]


class Loud(TempDataTranslator):
    def get_asset_spec(self, data: TempDataTranslatorData) -> dg.AssetSpec:
        return super().get_asset_spec(data).merge_attributes(tags={"tier": "gold"})


class Renaming(TempDataTranslator):
    def get_asset_spec(self, data: TempDataTranslatorData) -> dg.AssetSpec:
        return super().get_asset_spec(data).replace_attributes(key=["other", data.table])


def test_a_translator_changes_how_assets_look(project: Project):
    assert specs_of(project, translator=Loud())["orders"].tags["tier"] == "gold"


def test_a_translator_may_not_rename(project: Project):
    with pytest.raises(InputError, match="TD4003"):
        specs_of(project, translator=Renaming())


def test_every_table_has_a_step_and_checks_of_its_own(project: Project):
    assets = build_tempdata_assets(plan_of(project))

    assert [asset.op.name for asset in assets] == [
        "shop__products", "shop__customers", "shop__orders", "shop__order_items"
    ]  # fmt: skip
    orders = assets[2]
    blocking = {spec.name: spec.blocking for spec in orders.check_specs}
    assert blocking["foreign_key_customer_id"]
    assert all(spec.partitions_def == orders.partitions_def for spec in orders.check_specs)
    assert orders.backfill_policy == dg.BackfillPolicy.single_run()


def test_an_edit_made_while_a_file_is_read_is_seen_the_next_time(project: Project, monkeypatch: pytest.MonkeyPatch):
    from tempdata_dagster.spec import load

    read, edits = load.load_dataset, iter(["seed: 2"])

    def read_and_edit(*arguments: Any) -> Any:
        loaded = read(*arguments)
        if edit := next(edits, ""):
            project.edit("shop", "seed: 1", edit)
        return loaded

    monkeypatch.setattr(load, "load_dataset", read_and_edit)
    source = DatasetSource((project.datasets,))

    first = source.read()
    second = source.read({file.path: file for file in first})
    third = source.read({file.path: file for file in second})

    assert [file.plan and file.plan.dataset.seed for file in (*first, *second)] == [1, 2]
    assert third[0] is second[0]
