from __future__ import annotations

import pytest

from tempdata_dagster.generate import open_plan
from tests.unit.datasets.lake import FOLDER, LAST_DAY, RETAIL_SCALE, TPCH_SCALE, Lake, write_lake


@pytest.fixture(scope="session")
def retail(tmp_path_factory) -> Lake:
    return write_lake(
        open_plan(FOLDER / "retail.yaml", scale=RETAIL_SCALE), tmp_path_factory.mktemp("retail"), LAST_DAY
    )


@pytest.fixture(scope="session")
def tpch(tmp_path_factory) -> Lake:
    return write_lake(open_plan(FOLDER / "tpch.yaml", scale=TPCH_SCALE), tmp_path_factory.mktemp("tpch"), None)


@pytest.fixture(params=["retail", "tpch"])
def lake(request) -> Lake:
    return request.getfixturevalue(request.param)
