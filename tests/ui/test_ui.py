"""The Dagster UI, seen through a real browser. `TEMPDATA_SCREENSHOTS=<folder>` keeps what it saw."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests.orchestration.dev import Dev, run_dev, write_location
from tests.orchestration.shop import make_project, materialize

pytestmark = pytest.mark.slow
BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
SECONDS = 60_000
REPOSITORY = "__repository__@tempdata"


@pytest.fixture(scope="module")
def dev(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dev]:
    """`dagster dev` over the shop, two days of it materialized, next to a broken dataset."""
    project = make_project(tmp_path_factory.mktemp("project"))
    home = write_location(project)
    with dg.DagsterInstance.local_temp(str(home)) as instance:
        assert materialize(project.definitions(), instance, keys=("2026-01-01", "2026-01-02")).success
    project.write("bad", "dataset: bad\ntables:\n  things:\n    rows: -1\n    columns: {}\n")
    with run_dev(project.root / "workspace.yaml", home) as running:
        yield running


@pytest.fixture
def page() -> Iterator[Page]:
    if BROWSER is None:
        missing = "no Chromium on this machine: apt-get install chromium"
        pytest.fail(missing) if os.environ.get("CI") else pytest.skip(missing)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, headless=True, args=FLAGS)
        yield browser.new_page(viewport={"width": 1500, "height": 900})
        browser.close()


def keep(page: Page, name: str) -> None:
    if folder := os.environ.get("TEMPDATA_SCREENSHOTS"):
        page.wait_for_timeout(2000)
        page.screenshot(path=str(Path(folder) / f"{name}.png"))


def test_the_graph_shows_the_groups_and_every_table(dev: Dev, page: Page):
    page.goto(f"{dev.url}/asset-groups")
    expect(page.get_by_text("errors").first).to_be_visible(timeout=SECONDS)
    page.goto(f"{dev.url}/locations/{REPOSITORY}/asset-groups/shop")
    for table in ("products", "customers", "orders", "order_items"):
        expect(page.get_by_text(table, exact=True).first).to_be_visible(timeout=SECONDS)
    keep(page, "graph")


def test_the_page_of_a_table_shows_its_columns_and_place(dev: Dev, page: Page):
    page.goto(f"{dev.url}/assets/shop/orders")
    expect(page.get_by_text("customer_id").first).to_be_visible(timeout=SECONDS)
    expect(page.get_by_text("shop.orders").first).to_be_visible(timeout=SECONDS)
    keep(page, "asset")


def test_the_checks_of_a_table_are_listed_as_passed(dev: Dev, page: Page):
    page.goto(f"{dev.url}/assets/shop/orders?view=checks")
    expect(page.get_by_text("foreign_key_customer_id").first).to_be_visible(timeout=SECONDS)
    expect(page.get_by_text("Passed").first).to_be_visible(timeout=SECONDS)
    keep(page, "checks")


def test_the_page_of_a_broken_file_tells_the_place(dev: Dev, page: Page):
    page.goto(f"{dev.url}/assets/errors/bad")
    expect(page.get_by_text("bad.yaml:4:11").first).to_be_visible(timeout=SECONDS)
    keep(page, "broken")


def test_the_sensor_is_on_and_looks(dev: Dev, page: Page):
    dev.tick_after(0, containing="bad.yaml cannot be used")
    page.goto(f"{dev.url}/locations/{REPOSITORY}/sensors/tempdata_config")
    expect(page.get_by_text("Refreshes what an edit of a dataset file changed.").first).to_be_visible(timeout=SECONDS)
    expect(page.get_by_text("0 runs requested").first).to_be_visible(timeout=SECONDS)
    keep(page, "sensor")
