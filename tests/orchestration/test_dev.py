"""A person edits a file while `dagster dev` runs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
import pytest

from tests.orchestration.dev import Dev, run_dev, write_location
from tests.orchestration.shop import PLAIN, SHOP, Project, make_project, materialize

pytestmark = pytest.mark.slow
DAYS = ("2026-01-01", "2026-01-02", "2026-01-03")


@contextmanager
def running(project: Project) -> Iterator[Dev]:
    """The project's `dagster dev`, with three days of the shop materialized before."""
    home = write_location(project)
    with dg.DagsterInstance.local_temp(str(home)) as instance:
        assert materialize(project.definitions(), instance, keys=(DAYS[0], DAYS[-1])).success
    with run_dev(project.root / "workspace.yaml", home) as dev:
        dev.tick_after(0, containing="no dataset file changed")
        yield dev


def started(dev: Dev) -> list[tuple[set[str], dict[str, str]]]:
    """The runs that the sensor started: the tables, and the tags."""
    runs = [
        (
            {asset["path"][-1] for asset in run["assetSelection"] or []},
            {tag["key"]: tag["value"] for tag in run["tags"]},
        )
        for run in dev.runs()
    ]
    return [(tables, tags) for tables, tags in runs if tags.get("dagster/sensor_name") == "tempdata_config"]


def edit_nothing_that_matters(dev: Dev, project: Project) -> None:
    project.edit("shop", "# A comment.", "# Another comment.")
    assert dev.tick_after(time.time() + 2)["skipReason"] == "no dataset file changed"


def write_half_a_file(dev: Dev, project: Project) -> None:
    text = SHOP.replace("# A comment.", "# Another comment.")
    project.write("shop", text[: text.index("prefix: O")])
    tick = dev.tick_after(time.time(), containing="shop.yaml cannot be used")
    assert "shop.yaml:24:" in tick["skipReason"], tick["skipReason"]
    project.write("shop", text)
    dev.tick_after(time.time() + 1, containing="no dataset file changed")


def edit_one_column(dev: Dev, project: Project) -> float:
    began = time.monotonic()
    project.edit("shop", "prefix: O", "prefix: X")
    dev.tick_after(time.time(), containing="the code location was reloaded")
    dev.wait("a run", lambda: started(dev))
    dev.wait("the runs to end", lambda: all(run["status"] == "SUCCESS" for run in dev.runs()))
    return time.monotonic() - began


def test_an_edit_runs_what_it_changed_and_nothing_else(tmp_path: Path, figure: Callable[[str], None]):
    project = make_project(tmp_path)
    with running(project) as dev:
        edit_nothing_that_matters(dev, project)
        write_half_a_file(dev, project)
        assert started(dev) == []

        seconds = edit_one_column(dev, project)
        figure(f"from an edit to its table and dependants fresh again with dagster dev: {seconds:.0f} s")
        [(tables, tags)] = started(dev)
        assert tables == {"orders", "order_items"}
        assert tags["dagster/asset_partition_range_start"] == DAYS[0]
        assert tags["dagster/asset_partition_range_end"] == DAYS[-1]
        assert tags["tempdata/dataset"] == "shop"
        for table in ("customers", "orders", "order_items"):
            assert {day: dev.stale_causes(f"shop/{table}", day) for day in DAYS} == dict.fromkeys(DAYS, ("FRESH", []))
        assert dev.stale_causes("shop/orders", "2026-01-04")[0] == "MISSING"
        dev.tick_after(time.time(), containing="no dataset file changed")
        assert len(started(dev)) == 1


def test_a_broken_file_among_ten_is_one_visible_error(tmp_path: Path):
    project = make_project(tmp_path)
    (project.datasets / "shop.yaml").unlink()
    for number in range(9):
        project.write(f"good_{number}", PLAIN.format(name=f"good_{number}"))
    project.write("bad", "dataset: bad\ntables:\n  things:\n    rows: -1\n    columns: {}\n")
    good = {f"good_{number}/things" for number in range(9)}
    with run_dev(project.root / "workspace.yaml", write_location(project)) as dev:
        assert dev.assets() == good | {"errors/bad"}
        tick = dev.tick_after(0, containing="bad.yaml cannot be used")
        assert "bad.yaml:4:11: TD" in tick["skipReason"]
        assert dev.wait("the failed check", lambda: failed_checks(dev)) == ["FAILED"]

        project.write("bad", PLAIN.format(name="bad"))
        dev.wait("the mended dataset", lambda: dev.assets() == good | {"bad/things"})


def failed_checks(dev: Dev) -> list[str]:
    data = dev.query(
        """{ assetNodes(assetKeys: [{path: ["errors", "bad"]}]) { assetChecksOrError { ... on AssetChecks { checks {
            executionForLatestMaterialization { status } } } } } }"""
    )
    checks = [check for node in data["assetNodes"] for check in node["assetChecksOrError"].get("checks", [])]
    return [
        check["executionForLatestMaterialization"]["status"]
        for check in checks
        if check["executionForLatestMaterialization"]
    ]
