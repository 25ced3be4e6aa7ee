from __future__ import annotations

from pathlib import Path

import pytest

from tempdata_dagster.orchestration.demo import main
from tests.orchestration.shop import Project

pytestmark = pytest.mark.slow


def test_the_demo_prints_a_line_per_asset(project: Project, capsys: pytest.CaptureFixture[str]):
    code = main([str(project.datasets / "shop.yaml"), "--days", "2", "--to", str(project.root / "here")])

    lines = capsys.readouterr().out.splitlines()
    assert code == 0
    assert lines[0].split() == ["asset", "partitions", "rows", "bytes", "checks", "seconds"]
    cells = {line.split()[0]: line.split() for line in lines}
    assert cells["shop/products"][1:3] == ["1", "50"]
    assert cells["shop/orders"][1] == "2"
    assert cells["all"][1] == "7"
    assert list((project.root / "here" / "shop" / "orders").glob("date=2026-01-0[12]/*.parquet"))


def test_a_failed_check_is_shown_and_told_by_the_exit_code(project: Project, capsys: pytest.CaptureFixture[str]):
    project.edit("shop", "- items >= 1", "- items >= 3")
    code = main([str(project.datasets / "shop.yaml"), "--days", "1"])

    captured = capsys.readouterr()
    assert code == 1
    assert "1 FAILED" in captured.out
    assert "shop__orders: 1 of 1 partitions were not published" in captured.err


def test_a_broken_dataset_is_told_in_one_line(project: Project, capsys: pytest.CaptureFixture[str]):
    project.write("shop", "dataset: [")

    assert main([str(project.datasets / "shop.yaml")]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert "shop.yaml:1:" in line


def test_a_dataset_that_is_not_there_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert main([str(tmp_path / "nothing.yaml")]) == 2
    assert "TD4006" in capsys.readouterr().err
