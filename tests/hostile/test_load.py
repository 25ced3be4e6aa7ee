"""Each bad file is refused while it is loaded, at its place, with a code and a hint, in bounded time."""

from __future__ import annotations

import time

import pytest

from tempdata_dagster.core.errors import SpecError
from tempdata_dagster.generators import KINDS
from tempdata_dagster.spec.load import load_dataset


def test_bad_file_is_refused_at_its_place(spec_case, file_of):
    file = file_of(spec_case)
    began = time.process_time()
    with pytest.raises(SpecError) as caught:
        load_dataset(file, KINDS)
    assert time.process_time() - began < 10
    problems = caught.value.problems
    found = [one for one in problems if one.code == spec_case.code and one.where.line == spec_case.line]
    assert any(spec_case.words in one.message for one in found), "\n".join(map(str, problems))
    assert all(one.hint for one in problems)
    assert all(len(str(one)) < 1000 and "\n" not in str(one) and "\x1b" not in str(one) for one in problems)
    assert caught.value.exit_code == 2
