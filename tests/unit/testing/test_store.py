from __future__ import annotations

import inspect
import pickle
import uuid

import pytest

from tempdata_dagster.core.errors import OutsideError, TerminalError, TransientError
from tempdata_dagster.publish import Target
from tempdata_dagster.publish.stores import Store
from tempdata_dagster.testing import Fault, FaultyStore, strike_each_call

NOT_COUNTED = {"uri", "retry", "filesystem", "url"}


class Held:
    def check(self) -> None: ...


@pytest.fixture(params=["local", "memory"])
def target(request, tmp_path):
    return Target.open(tmp_path / "lake" if request.param == "local" else f"memory://{uuid.uuid4().hex}/lake")


def write(store, key: str, data: bytes = b"12345678") -> None:
    sink = store.create(key)
    try:
        sink.write(data)
        sink.commit()
    except OutsideError:
        sink.abort()
        raise


def test_it_has_all_that_a_store_has():
    wanted = {name for name, _ in inspect.getmembers(Store) if not name.startswith("_")}
    assert wanted - set(dir(FaultyStore)) - {"url"} == set()


def test_without_a_fault_it_is_the_store_and_counts(target):
    store = FaultyStore.around(target).store
    write(store, "a/b")
    assert store.read("a/b").data == b"12345678"
    assert [entry.key for entry in store.entries("")] == ["a/b"]
    assert store.calls == ["create", "sink.write", "sink.commit", "read", "entries"]
    assert store.struck == []
    assert store.uri("a/b") == target.store.uri("a/b")


@pytest.mark.parametrize("kind", ["status_500", "status_503", "timeout", "reset", "lost_response"])
@pytest.mark.parametrize("call", [1, 2, 3])
def test_a_call_that_fails_says_so_and_only_a_lost_answer_has_done_its_work(target, kind, call):
    store = FaultyStore(target.store, Fault(kind, call))
    with pytest.raises(TransientError, match="TD3010"):
        write(store, "a/b")
    assert store.struck == [("create", "sink.write", "sink.commit")[call - 1]]
    assert list(target.store.entries("")) == []
    store = FaultyStore(target.store, Fault(kind))
    with pytest.raises(TransientError):
        store.put("a/m", b"1", None)
    assert (target.store.read("a/m") is not None) is (kind == "lost_response")


@pytest.mark.parametrize(("kind", "stored"), [("short_write", b"1234"), ("error_body", None)])
def test_silent_faults_say_that_all_is_well(target, kind, stored):
    FaultyStore(target.store, Fault(kind)).put("a/m", b"12345678", None)
    found = target.store.read("a/m")
    assert (found and found.data) == stored
    store = FaultyStore(target.store, Fault(kind, 2 if kind == "short_write" else 3))
    write(store, "a/b")
    assert (target.store.find("a/b").size if stored else target.store.find("a/b")) == (4 if stored else None)
    write(target.store, "a/c")
    FaultyStore(target.store, Fault(kind)).delete(["a/c"])
    assert (target.store.find("a/c") is None) is (kind == "short_write")
    write(target.store, "staged/part-00000.parquet")
    store = FaultyStore(target.store, Fault(kind))
    store.place("p", {"part-00000.parquet": "staged/part-00000.parquet"}, Held())
    assert (store.struck, target.store.find("p/part-00000.parquet")) == (["place"], None)


def test_a_full_disk_befalls_what_writes_and_leaves_reading_alone(target):
    write(target.store, "a/b")
    store = FaultyStore(target.store, Fault("disk_full", 1, times=100))
    assert store.read("a/b").data == b"12345678"
    with pytest.raises(TerminalError, match="TD3012"):
        store.put("a/m", b"1", None)
    store.delete(["a/b"])
    assert store.struck == ["put"]


def test_calls_that_read_notice_an_error_in_the_body(target):
    with pytest.raises(TransientError, match="200 OK"):
        FaultyStore(target.store, Fault("error_body")).read("a")


def test_locks_that_are_objects_are_counted_too(target):
    store = FaultyStore(target.store)
    with store.exclusive("_staging/_locks/a.b.static", 1) as lease:
        lease.check()
    assert ("put" in store.calls) is target.url.startswith("memory")
    assert list(target.store.entries("")) == []


def test_it_travels_with_its_target(tmp_path):
    target = FaultyStore.around(Target.open(tmp_path), Fault("reset", 7))
    target.store.find("a")
    again = pickle.loads(pickle.dumps(target))
    assert again.url == target.url
    assert (again.store.fault, again.store.calls) == (Fault("reset", 7), [])


def test_each_call_is_struck_until_there_are_no_more(target):
    struck = []
    for faulty, store in strike_each_call(target, "reset"):
        try:
            write(faulty.store, "a/b")
        except TransientError:
            struck += store.struck
    assert struck == ["create", "sink.write", "sink.commit"]
    assert target.store.find("a/b").size == 8
