from __future__ import annotations

import pytest

from tempdata_dagster.core.errors import TerminalError
from tempdata_dagster.publish import Target
from tempdata_dagster.publish.settle import holds
from tests.faults.writer import KEYS, publish_partition


@pytest.fixture
def target(tmp_path):
    publish_partition(tmp_path, 1, KEYS[0])
    return Target.open(tmp_path)


def test_files_that_are_replaced_while_they_are_compared_are_not_in_place(target, monkeypatch) -> None:
    store = target.store
    manifest = target.published("retail", "orders")[KEYS[0]]
    assert holds(store, manifest)
    find = store.find

    def find_and_lose(key: str) -> object:
        entry = find(key)
        store.delete([key])
        return entry

    monkeypatch.setattr(store, "find", find_and_lose)
    assert not holds(store, manifest)


def test_files_that_cannot_be_read_are_not_taken_for_lost(target, monkeypatch) -> None:
    manifest = target.published("retail", "orders")[KEYS[0]]

    def refuse(key: str) -> None:
        raise TerminalError("TD3011", f"cannot read {key}: not allowed")

    monkeypatch.setattr(target.store, "open", refuse)
    with pytest.raises(TerminalError, match="TD3011"):
        holds(target.store, manifest)
