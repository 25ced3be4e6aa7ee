"""The content hashes of the datasets in configs/: one partition of each table.

`python -m tests.golden.datasets` rewrites datasets.json. A changed hash is changed data: say so in CHANGELOG.md.
"""

from __future__ import annotations

import json
from pathlib import Path

from tempdata_dagster.core.content import hash_batches
from tempdata_dagster.generate import open_plan

PINNED = Path(__file__).with_suffix(".json")
FOLDER = Path(__file__).parents[2] / "configs" / "datasets"
SCALES = {"retail": 0.1, "tpch": 0.001}
DAY = "2025-01-10"


def hash_tables(dataset: str) -> dict[str, str]:
    """The hash of every table: the whole of a static one, the tenth day of a partitioned one."""
    plan = open_plan(FOLDER / f"{dataset}.yaml", scale=SCALES[dataset])
    hashes = {}
    for table in plan.tables:
        parts = plan.parts(table, DAY if plan.period(table) else None)
        batches = (batch for part in parts for batch in plan.batches(part))
        hashes[table] = hash_batches(plan.contract(table).schema, batches)
    return hashes


def pinned() -> dict[str, dict[str, str]]:
    """The hashes that are kept, by dataset and table."""
    return json.loads(PINNED.read_text(encoding="utf-8"))


if __name__ == "__main__":
    PINNED.write_text(json.dumps({name: hash_tables(name) for name in SCALES}, indent=2) + "\n", encoding="utf-8")
