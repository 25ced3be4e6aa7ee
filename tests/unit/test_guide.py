"""The dataset files in the guides are whole, and can be planned."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tempdata_dagster.generate import open_plan

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```yaml\n(dataset: .*?)^```$", re.MULTILINE | re.DOTALL)
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs" / "guide").glob("*.md"))]
SHOWN = [
    pytest.param(text, id=f"{page.stem}-{n}")
    for page in PAGES
    for n, text in enumerate(BLOCK.findall(page.read_text("utf-8")))
]


@pytest.mark.parametrize("text", SHOWN)
def test_a_dataset_that_a_guide_shows_makes_rows(text, tmp_path):
    path = tmp_path / "shown.yaml"
    path.write_text(text, encoding="utf-8")
    plan = open_plan(path)
    first = str(plan.dataset.start) if plan.dataset.start else None
    for table in plan.tables:
        parts = plan.parts(table, first if plan.period(table) else None)
        assert sum(batch.num_rows for part in parts for batch in plan.batches(part)) > 0


def test_guides_show_datasets():
    assert len(SHOWN) >= 3
