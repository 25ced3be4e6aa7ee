from __future__ import annotations

from dataclasses import FrozenInstanceError, fields

import pytest

from tempdata_dagster.core.errors import InputError
from tempdata_dagster.core.limits import DEFAULT_LIMITS, Limits


def test_every_ceiling_has_a_reason():
    reasons = Limits.reasons()
    assert set(reasons) == {one.name for one in fields(Limits)}
    assert all(len(reason) > 15 for reason in reasons.values())


def test_ceilings_are_replaced_by_name():
    changed = DEFAULT_LIMITS.with_overrides({"gx_rows": 7})
    assert (changed.gx_rows, changed.spec_depth, DEFAULT_LIMITS.gx_rows) == (7, 40, 100_000)
    with pytest.raises(FrozenInstanceError):
        DEFAULT_LIMITS.gx_rows = 3  # type: ignore[misc]


def test_wrong_overrides_are_refused():
    with pytest.raises(InputError, match="did you mean 'gx_rows'"):
        DEFAULT_LIMITS.with_overrides({"gxrows": 3})
    with pytest.raises(InputError, match="at least 1"):
        DEFAULT_LIMITS.with_overrides({"gx_rows": 0})
