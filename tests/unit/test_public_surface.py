"""The public names, pinned: a change of this list is a change for users and belongs into CHANGELOG.md."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
import tomllib

import pytest

import tempdata_dagster

PUBLIC = (
    "AuditError",
    "ConflictError",
    "DataError",
    "GenerationError",
    "InputError",
    "KINDS",
    "MODIFIERS",
    "OutsideError",
    "RefreshOptions",
    "RefreshResult",
    "Routes",
    "SpecError",
    "Target",
    "TempDataComponent",
    "TempDataDestination",
    "TempDataError",
    "TempDataIOManager",
    "TempDataResource",
    "TempDataTranslator",
    "TerminalError",
    "TransientError",
    "__version__",
    "build_tempdata_asset_specs",
    "build_tempdata_definitions",
    "copy",
    "gc",
    "generate",
    "load_dataset",
    "open_place",
    "open_plan",
    "purge",
    "read_table",
    "verify",
)
ORCHESTRATION = {name for name in PUBLIC if name.startswith(("TempData", "build_"))} - {"TempDataError"}


def run(root, program: str) -> list[str]:
    """The JSON list that a program prints in a fresh process."""
    done = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_public_names_are_pinned():
    assert tuple(sorted(tempdata_dagster.__all__)) == PUBLIC


@pytest.mark.parametrize("name", PUBLIC)
def test_every_public_name_is_there_and_documented(name):
    assert getattr(tempdata_dagster, name).__doc__


def test_dir_lists_them_and_an_unknown_name_is_an_attribute_error():
    assert set(PUBLIC) <= set(dir(tempdata_dagster))
    with pytest.raises(AttributeError, match="has no attribute 'generat'"):
        tempdata_dagster.generat  # noqa: B018 - the access itself is tested


def test_editors_and_type_checkers_see_the_names_at_their_homes(package):
    (source,) = [one for one in package if one.path == "tempdata_dagster/__init__.py"]
    seen = {
        alias.name: node.module
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("tempdata_dagster.")
        for alias in node.names
    }
    assert seen == tempdata_dagster._HOMES


def test_dagster_is_only_imported_for_its_own_names(root):
    names = sorted(set(PUBLIC) - ORCHESTRATION)
    program = (
        f"import json, sys, tempdata_dagster as t; [getattr(t, name) for name in {names}];"
        "print(json.dumps(sorted({m.split('.')[0] for m in sys.modules} & {'dagster', 'great_expectations', 'faker'})))"
    )
    assert run(root, program) == []


@pytest.mark.parametrize(
    "first",
    [
        "import tempdata_dagster.generate",
        "from tempdata_dagster.generate import open_plan",
        "t.generate",
        "t.open_plan",
    ],
)
def test_generate_is_the_function_whatever_is_imported_first(root, first):
    program = f"import json, tempdata_dagster as t\n{first}\nfrom tempdata_dagster import generate\n"
    program += "print(json.dumps([type(generate).__name__, type(t.generate).__name__]))"
    assert run(root, program) == ["function", "function"]


def test_version_is_that_of_the_package(root):
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    assert tempdata_dagster.__version__ == project["version"]


def test_read_table_gives_what_is_published(tmp_path):
    spec = tmp_path / "shop.yaml"
    spec.write_text(
        "dataset: shop\nstart: 2025-01-01\ntables:\n  orders: {rows: {per: day, mean: 5}, key: id, columns: {id: {kind: key}}}\n"
    )
    lake = tmp_path / "lake"
    options = tempdata_dagster.RefreshOptions(suite=False)
    tempdata_dagster.generate(spec, lake, first="2025-01-01", last="2025-01-03", options=options)
    orders = tempdata_dagster.read_table(lake, "shop", "orders")
    assert (orders.num_rows, orders.column_names) == (15, ["id", "date"])
    days = tempdata_dagster.read_table(str(lake), "shop", "orders", ["2025-01-02"])["date"].unique().to_pylist()
    assert [day.isoformat() for day in days] == ["2025-01-02"]
    assert tempdata_dagster.read_table(lake, "shop", "orders", []).num_rows == 0
    for dataset, table, keys in (("shop", "orders", ["2025-01-04"]), ("shop", "items", None), ("shp", "orders", None)):
        with pytest.raises(tempdata_dagster.InputError, match="TD3007"):
            tempdata_dagster.read_table(lake, dataset, table, keys)
