"""The public names, pinned: a change of this list is a change for users and belongs into CHANGELOG.md."""

from __future__ import annotations

import tempdata_dagster

PUBLIC: tuple[str, ...] = ()


def test_public_names_are_pinned():
    assert tuple(sorted(getattr(tempdata_dagster, "__all__", ()))) == PUBLIC


def test_every_public_name_is_there_and_documented():
    undocumented = [name for name in PUBLIC if not getattr(tempdata_dagster, name).__doc__]
    assert undocumented == []
