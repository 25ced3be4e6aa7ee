"""Each bad setting that only the engine can judge is refused at the latest when the columns are bound."""

from __future__ import annotations

import time

import pytest

from tempdata_dagster.core.errors import SpecError
from tempdata_dagster.engine.plan import compile_plan
from tempdata_dagster.generators import KINDS
from tempdata_dagster.spec.load import load_dataset


def test_bad_setting_is_refused_at_its_place(plan_case, file_of):
    file = file_of(plan_case)
    began = time.process_time()
    with pytest.raises(SpecError) as caught:
        compile_plan(load_dataset(file, KINDS))
    assert time.process_time() - began < 10
    problems = caught.value.problems
    found = [one for one in problems if one.code.startswith(plan_case.code) and one.where.line == plan_case.line]
    assert any(plan_case.words in one.message for one in found), "\n".join(map(str, problems))
    assert all(one.code != "TD1001" for one in problems), "the case names a kind that is not there"
    assert all(one.hint for one in problems)
