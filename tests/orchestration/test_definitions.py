from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import dagster as dg
import pytest

from tempdata_dagster.core.errors import InputError
from tempdata_dagster.orchestration.definitions import build_tempdata_definitions
from tests.orchestration.shop import PLAIN, Project, materialize

ROOT = Path(__file__).parents[2]


def keys_of(definitions: dg.Definitions) -> set[str]:
    return {key.to_user_string() for key in definitions.resolve_asset_graph().get_all_asset_keys()}


@pytest.fixture
def ten(project: Project) -> Project:
    """Nine datasets that can be used, and a broken one."""
    (project.datasets / "shop.yaml").unlink()
    for number in range(9):
        project.write(f"good_{number}", PLAIN.format(name=f"good_{number}"))
    project.write("bad", "dataset: bad\ntables:\n  things:\n    rows: -1\n    columns: {}\n")
    return project


def test_a_broken_file_among_ten_leaves_nine_and_one_error(ten: Project):
    definitions = ten.definitions()

    assert keys_of(definitions) == {*(f"good_{number}/things" for number in range(9)), "errors/bad"}
    dg.Definitions.validate_loadable(definitions)


def test_broken_files_of_any_names_leave_the_others(ten: Project):
    names = ["café.yaml", "x.yaml", "x.yml", "x/dataset.yaml", "a-b.yaml", "a_b.yaml", "a b.yaml"]
    for name in names:
        file = ten.datasets / name
        file.parent.mkdir(exist_ok=True)
        file.write_text("dataset: [\n", encoding="utf-8")

    definitions = ten.definitions()

    dg.Definitions.validate_loadable(definitions)
    broken = {key for key in keys_of(definitions) if key.startswith("errors/")}
    assert len(broken) == 1 + len(names)
    assert {"errors/bad", "errors/a-b"} < broken
    assert len(keys_of(definitions) - broken) == 9


def test_the_error_asset_tells_the_place(ten: Project, capsys: pytest.CaptureFixture[str]):
    spec = ten.definitions().get_assets_def(["errors", "bad"]).get_asset_spec()

    assert "bad.yaml:4:" in (spec.description or "")
    [problem, *_] = spec.metadata["tempdata/problems"].records
    assert problem.data["place"].endswith("bad.yaml:4:11")
    assert "bad.yaml:4:11: TD" in capsys.readouterr().err


def test_the_error_asset_fails_with_its_problems(ten: Project, instance: dg.DagsterInstance):
    result = materialize(ten.definitions(), instance, "errors/bad")

    [check] = result.get_asset_check_evaluations()
    assert not check.passed
    [failure] = result.get_step_failure_events()
    assert "bad.yaml:4:11: TD" in failure.step_failure_data.user_failure_data.description


def test_two_files_of_one_dataset_are_one_dataset_and_one_error(project: Project):
    project.write("zwilling", PLAIN.format(name="shop"))
    definitions = project.definitions()

    assert "shop/orders" in keys_of(definitions)
    assert "shop/things" not in keys_of(definitions)
    spec = definitions.get_assets_def(["errors", "zwilling"]).get_asset_spec()
    assert "TD4005" in (spec.description or "")


def test_what_dagster_refuses_is_an_error_of_its_dataset(project: Project):
    project.edit("shop", '"team:data"', '"not an owner"')
    project.write("good", PLAIN.format(name="good"))
    definitions = project.definitions()

    assert keys_of(definitions) == {"good/things", "errors/shop"}
    assert "TD4009" in (definitions.get_assets_def(["errors", "shop"]).get_asset_spec().description or "")


def test_files_and_folders_may_be_given(project: Project):
    good = project.write("good", PLAIN.format(name="good"))

    assert keys_of(build_tempdata_definitions(good, target=str(project.lake))) == {"good/things"}
    assert len(keys_of(build_tempdata_definitions([project.datasets], target=str(project.lake)))) == 5


def test_a_path_that_is_not_there_is_told(tmp_path: Path):
    with pytest.raises(InputError, match="TD4006"):
        build_tempdata_definitions(tmp_path / "nothing.yaml")


def test_a_dataset_with_a_schedule_has_it_running(project: Project):
    [schedule] = project.definitions().schedules or []

    assert isinstance(schedule, dg.ScheduleDefinition)
    assert (schedule.name, schedule.cron_schedule, schedule.execution_timezone) == ("shop_nightly", "0 2 * * *", "UTC")
    assert schedule.default_status is dg.DefaultScheduleStatus.RUNNING


def test_a_dataset_without_a_schedule_has_none(project: Project):
    project.edit("shop", 'schedule: {cron: "0 2 * * *", timezone: UTC}\n', "")

    assert list(project.definitions().schedules or []) == []


def run_python(text: str, cwd: Path) -> str:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(text)],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
def test_the_workspace_loads_from_any_folder():
    out = run_python(
        f"""
        from dagster._core.workspace.load import load_workspace_process_context_from_yaml_paths
        from dagster import instance_for_test
        with instance_for_test() as instance:
            with load_workspace_process_context_from_yaml_paths(instance, [{str(ROOT / "workspace.yaml")!r}]) as process:
                context = process.create_request_context()
                [entry] = context.get_code_location_entries().values()
                assert entry.load_error is None, entry.load_error
                [repository] = entry.code_location.get_repositories().values()
                print("tables", len(repository.asset_graph.get_all_asset_keys()))
        """,
        Path("/"),
    )

    assert "tables " in out


FIFTY = """\
dataset: wide
seed: 1
start: 2025-01-01
schedule: {cron: "0 2 * * *"}
tables:
  parents:
    rows: {per: day, mean: 5}
    key: parent_id
    columns:
      parent_id: {kind: key}
      at: {kind: timestamp}
"""
CHILD = """\
  table_{n}:
    rows: {{per: day, mean: 5}}
    key: row_id
    columns:
      row_id: {{kind: key}}
      at: {{kind: timestamp}}
      parent_id: {{kind: reference, to: {parent}, as_of: at}}
      other_id: {{kind: reference, to: parents, as_of: at}}
"""


@pytest.mark.slow
def test_fifty_tables_load_in_three_seconds_over_importing_dagster(project: Project, figure: Callable[[str], None]):
    tables = "".join(CHILD.format(n=n, parent=f"table_{n - 1}.row_id" if n else "parents") for n in range(49))
    project.write("shop", FIFTY + tables.replace(".row_id", ""))
    out = run_python(
        f"""
        import time
        import dagster as dg
        began = time.perf_counter()
        from tempdata_dagster.orchestration.definitions import build_tempdata_definitions
        definitions = build_tempdata_definitions(project={str(project.file)!r})
        dg.Definitions.validate_loadable(definitions)
        assert len(definitions.resolve_asset_graph().get_all_asset_keys()) == 50
        print(time.perf_counter() - began)
        """,
        project.root,
    )

    seconds = float(out)
    figure(f"a code location with 50 tables loads in {seconds:.2f} s over importing dagster")
    assert seconds < 3
