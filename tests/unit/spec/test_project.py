from __future__ import annotations

from pathlib import Path

import pytest

from tempdata_dagster.core.errors import InputError, SpecError
from tempdata_dagster.spec.project import find_datasets, find_project, load_project

PROJECT = """\
default_target: local
targets:
  local: {url: ./lake}
  staging: {url: "s3://bucket/lake", options: {key: env:KEY, client_kwargs: {endpoint_url: "http://127.0.0.1:9000"}}}
limits: {gx_rows: 10}
"""


@pytest.fixture
def write(tmp_path):
    def write_text(text: str) -> Path:
        (tmp_path / "configs").mkdir(exist_ok=True)
        file = tmp_path / "configs" / "project.yaml"
        file.write_text(text)
        return file

    return write_text


def test_relative_paths_start_at_the_folder_above_configs(write, tmp_path):
    loaded = load_project(write(PROJECT))
    assert loaded.root == tmp_path
    assert loaded.target().url == str(tmp_path / "lake")
    assert loaded.target("staging").url == "s3://bucket/lake"
    assert loaded.limits.gx_rows == 10


def test_secrets_are_read_from_the_environment_when_they_are_needed(write):
    target = load_project(write(PROJECT)).target("staging")
    assert "env:KEY" in str(target.options)
    resolved = target.resolve_options({"KEY": "s3cr3t"})
    assert resolved == {"key": "s3cr3t", "client_kwargs": {"endpoint_url": "http://127.0.0.1:9000"}}
    for environment in ({}, {"KEY": ""}):
        with pytest.raises(InputError, match="TD1053 the environment variable KEY is not set"):
            target.resolve_options(environment)


def test_an_unknown_target_is_named_with_the_closest(write):
    with pytest.raises(InputError, match="did you mean 'staging'") as caught:
        load_project(write(PROJECT)).target("stagin")
    assert caught.value.code == "TD1050"


@pytest.mark.parametrize(("old", "new", "expected"), [
    ("./lake", "s3://", "3:16 TD1051"),
    ("./lake", "s3://me:hunter2@bucket/lake", "3:16 TD1051"),
    ("./lake", "ftp://host/lake", "3:16 TD1051"),
    ("./lake", "/", "3:16 TD1051"),
    ("env:KEY", "hunter2", "4:53 TD1052"),
    ("env:KEY", "", "4:53 TD1052"),
    ("http://127", "http://me:hunter2@127", "4:92 TD1052"),
    ("env:KEY", "env:KEY, hosts: [{token: hunter2}]", "4:78 TD1052"),
    ("default_target: local", "default_target: prod", "1:17 TD1050"),
    ("gx_rows: 10", "gx_row: 10", "5:18 TD1020"),
    ("gx_rows: 10", "gx_rows: 0", "5:19 TD1023"),
    ("gx_rows: 10", "gx_rows: 1.5", "5:19 TD1022"),
    ("limits", "limit", "5:1 TD1020"),
    ("targets:", "tragets:", "2:1 TD1020"),
])  # fmt: skip
def test_problem_is_placed_and_repeats_no_secret(write, old, new, expected):
    file = write(PROJECT.replace(old, new, 1))
    with pytest.raises(SpecError) as caught:
        load_project(file)
    found = [f"{one.where.line}:{one.where.column} {one.code}" for one in caught.value.problems]
    assert expected in found
    assert "hunter2" not in str(caught.value)


def test_datasets_are_files_and_folders_with_a_head(tmp_path):
    (tmp_path / "b.yaml").write_text("")
    (tmp_path / "a.yml").write_text("")
    (tmp_path / ".hidden.yaml").write_text("")
    (tmp_path / "notes.md").write_text("")
    (tmp_path / "data").mkdir()
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "dataset.yaml").write_text("")
    assert [path.name for path in find_datasets(tmp_path)] == ["a.yml", "b.yaml", "shop"]
    with pytest.raises(InputError, match="TD1010"):
        find_datasets(tmp_path / "none")


def test_the_project_is_found_from_any_folder_below(write, tmp_path):
    file = write(PROJECT)
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    assert find_project(deep) == file
    assert find_project(tmp_path.parent) is None


def test_the_project_file_that_ships_is_valid(pytestconfig):
    loaded = load_project(pytestconfig.rootpath / "configs" / "project.yaml")
    assert loaded.target().url == str(pytestconfig.rootpath / "lake")
