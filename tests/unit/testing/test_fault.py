from __future__ import annotations

import pytest

from tempdata_dagster import testing
from tempdata_dagster.core.errors import InputError, TerminalError, TransientError
from tempdata_dagster.publish.failure import to_error
from tempdata_dagster.testing import FAULTS, Fault


def test_the_faults_are_those_of_the_guide(root):
    told = (root / "docs/guide/testing.md").read_text(encoding="utf-8")
    assert [kind for kind in FAULTS if f"`{kind}`" not in told] == []


@pytest.mark.parametrize("kind", FAULTS)
def test_every_fault_becomes_an_error_of_ours(kind):
    error = to_error(Fault(kind).to_foreign(), "write", "s3://bucket/lake")
    assert isinstance(error, TerminalError if kind == "disk_full" else TransientError)


def test_a_fault_befalls_the_calls_that_it_names():
    fault = Fault("reset", call=3, times=2)
    assert [number for number in range(1, 8) if fault.strikes(number)] == [3, 4]


@pytest.mark.parametrize(("settings", "hint"), [({"kind": "time_out"}, "timeout"), ({"kind": "reset", "call": 0}, "1")])
def test_faults_that_cannot_be_are_refused(settings, hint):
    with pytest.raises(InputError, match="TD3033") as caught:
        Fault(**settings)
    assert hint in str(caught.value)


def test_public_names_are_pinned():
    assert sorted(testing.__all__) == ["FAULTS", "Fault", "FaultyStore", "strike_each_call"]
