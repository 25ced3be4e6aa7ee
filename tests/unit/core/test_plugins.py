from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tempdata_dagster.core.errors import InputError
from tempdata_dagster.core.plugins import load_plugins

KIND = """
    import pyarrow as pa
    from tempdata_dagster.engine.kind import Kind
    from tempdata_dagster.engine.relation import Binding
    from tempdata_dagster.generators import KINDS

    @KINDS.register("answer")
    class Answer(Kind):
        def bind(self, scope):
            return Binding(pa.int64(), lambda frame: pa.array([42] * len(frame), pa.int64()))
"""
DATASET = "dataset: d\ntables:\n  t: {rows: 3, key: id, columns: {id: {kind: key}, a: {kind: answer}}}\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project next to an installed package that offers a plug-in."""
    (tmp_path / "answers.py").write_text(textwrap.dedent(KIND))
    facts = tmp_path / "answers-1.0.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: answers\nVersion: 1.0\n")
    (facts / "entry_points.txt").write_text("[tempdata_dagster.plugins]\nanswers = answers\n")
    (tmp_path / "configs").mkdir()
    (tmp_path / "d.yaml").write_text(DATASET)
    return tmp_path


def generate(project: Path, plugins: str) -> subprocess.CompletedProcess[str]:
    (project / "configs" / "project.yaml").write_text(f"targets: {{local: {{url: ./lake}}}}\nplugins: {plugins}\n")
    root = Path(__file__).parents[3]
    command = [sys.executable, "-m", "tempdata_dagster.cli", "generate", "d.yaml", "--no-suite", "--workers", "2"]
    return subprocess.run(
        command, cwd=project, env={"PYTHONPATH": f"{root}:{project}", "HOME": str(project)}, capture_output=True,
        text=True, timeout=60, check=False,
    )  # fmt: skip


def test_a_plugin_that_the_project_names_is_loaded(project: Path) -> None:
    done = generate(project, "[answers]")
    assert done.returncode == 0, done.stderr
    assert (project / "lake" / "d" / "t" / "part-00000.parquet").is_file()


def test_a_plugin_that_it_does_not_name_is_not(project: Path) -> None:
    done = generate(project, "[]")
    assert done.returncode == 2
    assert "unknown kind 'answer'" in done.stderr


def test_a_missing_plugin_is_said(project: Path) -> None:
    done = generate(project, "[answer]")
    assert done.returncode == 2
    assert "TD1004" in done.stderr
    assert "Traceback" not in done.stderr


def test_no_plugins_look_for_nothing() -> None:
    load_plugins(())
    with pytest.raises(InputError, match="TD1004"):
        load_plugins(["surely-not-installed"])
