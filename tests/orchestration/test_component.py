from __future__ import annotations

import ast
import inspect
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from dagster.components.testing.utils import create_defs_folder_sandbox

from tempdata_dagster.orchestration import component
from tempdata_dagster.orchestration.component import TempDataComponent
from tests.orchestration.shop import PLAIN, materialize

# Dagster reads its own files by functions that pydantic has deprecated.
pytestmark = pytest.mark.filterwarnings("ignore::pydantic.warnings.PydanticDeprecatedSince20")

TYPE = "tempdata_dagster.orchestration.component.TempDataComponent"


def load(tmp_path: Path, attributes: dict[str, Any], files: dict[str, str]) -> dg.Definitions:
    contents = {"type": TYPE, "attributes": {"target": str(tmp_path / "lake"), **attributes}}
    with create_defs_folder_sandbox() as sandbox:
        path = sandbox.scaffold_component(component_cls=TempDataComponent, defs_yaml_contents=contents)
        for name, text in files.items():
            (path / name).write_text(text, encoding="utf-8")
        with sandbox.load_component_and_build_defs(defs_path=path) as (_, definitions):
            return definitions


def test_the_scaffold_writes_a_dataset_that_loads(tmp_path: Path):
    with create_defs_folder_sandbox() as sandbox:
        params = {"dataset": "toys", "target": str(tmp_path / "lake")}
        path = sandbox.scaffold_component(component_cls=TempDataComponent, scaffold_params=params)
        assert (path / "datasets" / "toys.yaml").is_file()
        with sandbox.load_component_and_build_defs(defs_path=path) as (_, definitions):
            keys = {key.to_user_string() for key in definitions.resolve_asset_graph().get_all_asset_keys()}
            schedules = [schedule.name for schedule in definitions.schedules or []]

    assert keys == {"toys/customers", "toys/orders"}
    assert schedules == ["toys_nightly"]


def test_its_tables_materialize(tmp_path: Path, instance: dg.DagsterInstance):
    with create_defs_folder_sandbox() as sandbox:
        params = {"dataset": "toys", "target": str(tmp_path / "lake")}
        path = sandbox.scaffold_component(component_cls=TempDataComponent, scaffold_params=params)
        with sandbox.load_component_and_build_defs(defs_path=path) as (_, definitions):
            assert materialize(definitions, instance, "toys/orders", keys=("2026-01-01", "2026-01-01")).success

    assert list((tmp_path / "lake" / "toys" / "orders").glob("date=2026-01-01/*.parquet"))


def test_translation_changes_how_assets_look(tmp_path: Path):
    translation = {"tags": {"tier": "{{ table }}"}, "owners": ["team:data"]}
    definitions = load(
        tmp_path, {"datasets": ["one.yaml"], "translation": translation}, {"one.yaml": PLAIN.format(name="one")}
    )
    spec = definitions.get_assets_def(["one", "things"]).get_asset_spec()

    assert spec.tags["tier"] == "things"
    assert spec.owners == ["team:data"]


def test_op_settings_reach_the_steps(tmp_path: Path):
    text = (
        PLAIN.format(name="one").replace("tables:", "start: 2026-01-01\ntables:").replace("10", "{per: day, mean: 1}")
    )
    op = {"tags": {"size": "small"}, "backfill_policy": {"type": "multi_run", "max_partitions_per_run": 5}}
    asset = load(tmp_path, {"datasets": ["one.yaml"], "op": op}, {"one.yaml": text}).get_assets_def(["one", "things"])

    assert asset.op.tags["size"] == "small"
    assert asset.backfill_policy == dg.BackfillPolicy.multi_run(5)


def test_a_broken_dataset_is_an_asset_here_too(tmp_path: Path):
    definitions = load(tmp_path, {"datasets": ["."]}, {"bad.yaml": "dataset: ["})

    assert "errors/bad" in {key.to_user_string() for key in definitions.resolve_asset_graph().get_all_asset_keys()}


def test_annotations_are_no_text():
    tree = ast.parse(inspect.getsource(component))

    futures = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module == "__future__"]
    assert futures == []


@pytest.mark.parametrize("name", ["TempDataComponent"])
def test_the_module_of_the_entry_point_has_the_component(name: str):
    assert issubclass(getattr(component, name), dg.Component)
