from __future__ import annotations

import pyarrow as pa
import pytest

from tempdata_dagster import read_table

PROJECT = """\
default_target: local
targets:
  local:
    url: ./lake
    destinations:
      exports: {url: ./exports}
  ci:
    url: ./ci
    destinations: {exports: null}
"""


@pytest.fixture
def project(folder, text):
    (folder / "configs/datasets").mkdir(parents=True)
    (folder / "configs/project.yaml").write_text(PROJECT)
    shop = text.replace(
        "seed: 42\n", "seed: 42\npublish: [lake, {to: exports, format: orc}, {to: lake, format: arrow}]\n"
    )
    (folder / "configs/datasets/shop.yaml").write_text(shop)
    return folder


def files(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("part-*") if "_staging" not in path.parts)


def test_tables_go_where_their_list_says(project, tempdata, days):
    ended = tempdata("generate", "shop", *days, "--no-suite", "--json")
    assert ended.code == 0, ended.err
    assert [one["name"] for one in ended.document["destinations"]] == ["lake", "exports", "lake"]
    [products] = [one for one in ended.document["partitions"] if one["table"] == "customers"]
    assert [(one["format"], one["status"]) for one in products["delivered"]] == [
        ("parquet", "published"), ("orc", "published"), ("arrow", "published"),
    ]  # fmt: skip
    assert files(project / "exports")[0] == "orc/shop/customers/part-00000.orc"
    tables = [read_table(project / place, "shop", "orders") for place in ("lake", "exports/orc", "lake/arrow")]
    assert all(one.equals(tables[0]) for one in tables)
    for place in ("lake", "local.exports"):
        assert tempdata("verify", place).code == 0


@pytest.mark.parametrize("workers", ["1", "2"])
def test_running_again_writes_nothing(project, tempdata, days, workers):
    words = ("generate", "shop", *days, "--no-suite", "--json", "--workers", workers)
    assert tempdata(*words).code == 0
    before = {path: path.stat().st_mtime_ns for path in project.rglob("part-*")}
    document = tempdata(*words).document
    assert {one["status"] for one in document["partitions"]} == {"unchanged"}
    assert {path: path.stat().st_mtime_ns for path in project.rglob("part-*")} == before
    assert {one["status"] for one in tempdata(*words, "--only-changed").document["partitions"]} == {"fresh"}


def test_an_environment_may_have_less(project, tempdata):
    assert tempdata("generate", "shop", "--to", "ci", "--tables", "customers", "--no-suite").code == 0
    assert files(project) == ["ci/arrow/shop/customers/part-00000.arrow", "ci/shop/customers/part-00000.parquet"]


def test_a_place_that_is_named_takes_everything_and_nothing_else_does(project, tempdata):
    words = ("generate", "shop", "--tables", "customers", "--no-suite")
    assert tempdata(*words, "--to", "out").code == 0
    assert tempdata(*words, "--to", "orcs", "--format", "orc").code == 0
    assert tempdata(*words, "--format", "orc").code == 0
    assert tempdata(*words, "--to", "local.exports").code == 0
    assert files(project) == [
        "exports/shop/customers/part-00000.parquet",
        "lake/orc/shop/customers/part-00000.orc",
        "orcs/shop/customers/part-00000.orc",
        "out/shop/customers/part-00000.parquet",
    ]
    assert isinstance(read_table(project / "orcs", "shop", "customers"), pa.Table)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--format", "orcc"), 2, "TD1001 unknown format 'orcc' (did you mean 'orc'?"),
        (("--to", "local.exprots"), 2, "TD1054"),
        (("--to", "sqlite://"), 2, "TD1051"),
        (("--to", "sqlite:///"), 2, "TD1051"),
        (("--to", "postgresql://me:secret@host/db"), 2, "TD1051"),
        (("--to", "oracle://host/db"), 2, "TD1051"),
    ],
)
def test_places_that_cannot_be_are_told(project, tempdata, words, code, said):
    ended = tempdata("generate", "shop", "--tables", "customers", "--no-suite", *words)
    assert ended.code == code
    assert said in ended.err
    assert "secret" not in ended.err
    assert files(project) == []


def test_validate_looks_at_every_environment(project, tempdata):
    path = project / "configs/datasets/shop.yaml"
    path.write_text(path.read_text().replace("to: exports", "to: warehouse"))
    ended = tempdata("validate")
    assert ended.code == 2
    assert ended.err.count("TD1054") == 1
    assert "shop.yaml:4:22: TD1054 there is no destination 'warehouse'" in ended.err


def test_the_plan_says_where_tables_go(project, tempdata):
    out = tempdata("plan", "shop").out
    assert "goes to      lake; exports as orc; lake as arrow" in out
