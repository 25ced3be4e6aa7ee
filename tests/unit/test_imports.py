"""Imports flow one way: core <- spec <- engine <- generators, modifiers, locales; see docs/architecture.md."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

ROOT_PACKAGE = "tempdata_dagster"
ANYTHING = {"orchestration", "cli"}
MAY_IMPORT = {
    "core": set(),
    "spec": {"core"},
    "engine": {"core", "spec"},
    "generators": {"core", "spec", "engine", "locales"},
    "modifiers": {"core", "spec", "engine", "locales"},
    "locales": {"core", "spec", "engine"},
    "catalog": {"core", "spec"},
    "publish": {"core", "spec"},
    "testing": {"core", "spec", "publish"},
    "checks": {"core", "spec"},
    "reports": {"core", "spec"},
    "routing": {"core", "spec", "publish"},
    "inspection": {"core", "spec", "checks", "publish"},
    "refresh": {"core", "spec", "engine", "checks", "publish", "inspection"},
    "generate": {"core", "spec", "engine", "generators", "publish", "refresh"},
}
# Every module may ask the package itself for its version, and for nothing else.
ROOT_NAMES = {"tempdata_dagster", "tempdata_dagster.__version__"}
ONLY_HERE = {"dagster": "tempdata_dagster/orchestration/", "great_expectations": "tempdata_dagster/checks/gx.py"}


def imported_names(module: str, tree: ast.Module, *, is_package: bool = False) -> Iterator[tuple[int, str]]:
    """Line and dotted name of everything a module imports, at its top or inside a function."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = module.split(".")[: len(module.split(".")) - node.level + is_package] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            yield from ((node.lineno, f"{base}.{alias.name}") for alias in node.names)


def find_violations(path: str, module: str, tree: ast.Module) -> list[str]:
    """Each import that goes the wrong way, as `path:line imports name`."""
    found = []
    layer = module.partition(".")[2].partition(".")[0]
    for line, name in imported_names(module, tree, is_package=path.endswith("__init__.py")):
        top, _, rest = name.partition(".")
        target = rest.partition(".")[0]
        home = next(
            (home for library, home in ONLY_HERE.items() if top == library or top.startswith(f"{library}_")), ""
        )
        if name in ROOT_NAMES:
            wrong = False
        elif top == ROOT_PACKAGE:
            wrong = layer and layer not in ANYTHING and target != layer and target not in MAY_IMPORT[layer]
        else:
            wrong = bool(home) and not path.startswith(home)
        if wrong:
            found.append(f"{path}:{line} imports {name}")
    return found


def test_imports_flow_one_way(package):
    assert [line for source in package for line in find_violations(source.path, source.module, source.tree)] == []


def test_every_layer_is_named(package):
    layers = {source.module.split(".")[1] for source in package if "." in source.module}
    assert layers <= set(MAY_IMPORT) | ANYTHING


@pytest.mark.parametrize(
    ("layer", "statement"),
    [
        ("core.names", "from tempdata_dagster.spec import models"),
        ("spec.load", "import tempdata_dagster.engine.streams"),
        ("spec.load", "from ..engine import streams"),
        ("engine.plan", "def f():\n    from tempdata_dagster import generators"),
        ("publish.manifest", "from tempdata_dagster.engine.plan import Plan"),
        ("checks.compile", "from great_expectations import expectations"),
        ("refresh", "from tempdata_dagster.generators import key"),
        ("refresh", "import dagster as dg"),
        ("cli.generate", "from dagster_shared import check"),
    ],
)
def test_a_wrong_import_is_found(layer, statement):
    path = f"tempdata_dagster/{layer.replace('.', '/')}.py"
    assert len(find_violations(path, f"tempdata_dagster.{layer}", ast.parse(statement))) == 1
