from __future__ import annotations

import pytest

PROJECT = """\
default_target: local
seed: 7
targets:
  local: {url: ./warehouse}
  other: {url: ./elsewhere}
  cloud: {url: "s3://bucket/lake", options: {key: "env:TEMPDATA_TEST_KEY_THAT_NOBODY_SETS"}}
"""


@pytest.fixture
def project(folder, monkeypatch, text):
    """A project with one dataset; the work folder is a folder below it."""
    datasets = folder / "configs/datasets"
    datasets.mkdir(parents=True)
    (folder / "configs/project.yaml").write_text(PROJECT)
    (datasets / "shop.yaml").write_text(text)
    below = folder / "notebooks"
    below.mkdir()
    monkeypatch.chdir(below)
    return folder


def test_a_dataset_by_its_name_into_the_projects_lake_with_its_seed(tempdata, project, days):
    ended = tempdata("generate", "shop", *days, "--no-suite", "--json")
    assert ended.document["lake"] == str(project / "warehouse")
    seeded = tempdata("generate", "shop", *days, "--no-suite", "--json", "--seed", "7", "--to", "other").document
    assert seeded["lake"] == str(project / "elsewhere")
    hashes = [[part["content_hash"] for part in one["partitions"]] for one in (ended.document, seeded)]
    assert hashes[0] == hashes[1]
    assert tempdata("verify").out.startswith(str(project / "warehouse"))


def test_a_secret_that_is_not_set(tempdata, project, days):
    ended = tempdata("generate", "shop", *days, "--to", "cloud")
    assert ended.code == 2
    assert "TEMPDATA_TEST_KEY_THAT_NOBODY_SETS" in ended.err


def test_catalog_lists_the_projects_datasets_also_broken_ones(tempdata, project):
    (project / "configs/datasets/bad.yaml").write_text("dataset: bad\n")
    entries = {entry["name"]: entry for entry in tempdata("catalog", "--json").document["datasets"]}
    assert entries["shop"]["tables"] == ["customers", "orders", "order_items"]
    assert entries["shop"]["description"] == "A shop."
    assert "cannot be used" in entries["bad"]["description"]
    assert "shop" in tempdata("catalog").out


def test_validate_without_a_spec_takes_the_projects(tempdata, project):
    assert tempdata("validate").out.count("no problem") == 1


def test_a_misspelt_name_is_explained(tempdata, project):
    assert "did you mean 'shop'?" in tempdata("plan", "shpo").err


def test_a_broken_project_file_is_an_input_error(tempdata, project):
    (project / "configs/project.yaml").write_text("targets: {local: {url: ./x}}\nseeed: 1\n")
    ended = tempdata("generate", "shop")
    assert ended.code == 2
    assert "project.yaml:2:1: TD1020" in ended.err


def test_init_writes_a_dataset_that_works_and_never_overwrites(tempdata, project):
    ended = tempdata("init", "bakery")
    assert ended.code == 0
    file = project / "configs/datasets/bakery.yaml"
    assert tempdata("validate", "bakery").code == 0
    assert tempdata("preview", "bakery", "orders").code == 0
    file.write_text("mine")
    again = tempdata("init", "bakery")
    assert again.code == 2
    assert "TD6004" in again.err
    assert file.read_text() == "mine"


@pytest.mark.parametrize("name", ["../x", "a b", "", "con", "x" * 64, "a.yaml", "/etc/x", "\n"])
def test_init_refuses_what_is_no_name(tempdata, folder, name):
    ended = tempdata("init", name)
    assert ended.code == 2
    assert ended.err.count("\n") == 1
    assert list(folder.iterdir()) == []


def test_init_outside_a_project_writes_here(tempdata, folder):
    assert tempdata("init", "bakery", "--json").document["path"] == "bakery.yaml"
    assert (folder / "bakery.yaml").read_text().startswith("#")


def test_schema_is_one_json_document_either_way(tempdata):
    assert tempdata("schema").document == tempdata("schema", "--json").document
    assert tempdata("schema").document["title"] == "tempdata dataset"


def test_files_that_share_a_name_are_all_validated(tempdata, project):
    (project / "configs/datasets/shop.yml").write_text("dataset: other\ntables: {}\n")
    ended = tempdata("validate")
    assert ended.code == 2
    assert "shop.yml" in ended.err
    assert "shop.yaml: shop, 3 tables, no problem" in ended.out
