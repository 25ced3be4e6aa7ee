from __future__ import annotations

import uuid

import pytest

from tempdata_dagster.core.errors import ConflictError, TransientError
from tempdata_dagster.publish import Target
from tempdata_dagster.publish.stores.checked import TRIES, put_checked
from tempdata_dagster.testing import Fault, FaultyStore


@pytest.fixture(params=["local", "memory"])
def store(request, tmp_path):
    return Target.open(tmp_path / "lake" if request.param == "local" else f"memory://{uuid.uuid4().hex}/lake").store


@pytest.mark.parametrize("kind", ["short_write", "error_body"])
def test_what_was_stored_by_halves_or_not_at_all_is_put_again(store, kind):
    first = put_checked(FaultyStore(store, Fault(kind)), "a/m.json", b"first of all", None)
    assert store.read("a/m.json").version == first
    second = put_checked(FaultyStore(store, Fault(kind)), "a/m.json", b"second", first)
    assert (store.read("a/m.json").data, store.read("a/m.json").version) == (b"second", second)


@pytest.mark.parametrize("kind", ["short_write", "error_body"])
def test_a_storage_that_goes_on_saying_done_is_not_believed(store, kind):
    # A put and a look at it are two calls.
    faulty = FaultyStore(store, Fault(kind, times=2 * TRIES))
    with pytest.raises(TransientError, match="TD3032" if kind == "short_write" else "TD3010"):
        put_checked(faulty, "a/m.json", b"first of all", None)


def test_what_another_run_has_put_is_left_alone(store):
    version = store.put("a/m.json", b"theirs", None)
    with pytest.raises(ConflictError, match="TD3020"):
        put_checked(store, "a/m.json", b"ours", None)
    assert store.read("a/m.json").version == version
