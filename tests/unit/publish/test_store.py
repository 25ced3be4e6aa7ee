from __future__ import annotations

import sys
import threading
from datetime import UTC, datetime, timedelta

import pytest

from tempdata_dagster.core.errors import ConflictError, InputError, TransientError
from tempdata_dagster.publish.stores import STORES, azure, claim, exchange, local
from tempdata_dagster.publish.verify import verify


def put(store, key, data):
    sink = store.create(key)
    sink.write(data)
    sink.commit()


def test_every_scheme_has_a_store():
    assert list(STORES) == ["abfs", "abfss", "az", "file", "gcs", "gs", "memory", "s3"]


def test_objects_are_written_found_read_and_removed(any_lake):
    store = any_lake.target.store
    assert store.find("a/b") is None
    assert store.read("a/b") is None
    assert list(store.entries("a")) == []
    put(store, "a/b", b"one")
    put(store, "a/c/d", b"four")
    assert store.find("a/b").size == 3
    assert store.find("a") is None
    assert abs(store.find("a/b").modified - datetime.now(UTC)) < timedelta(minutes=1)
    assert store.read("a/b").data == b"one"
    with store.open("a/c/d") as file:
        file.seek(1)
        assert file.read() == b"our"
    assert [(entry.key, entry.size) for entry in store.entries("a")] == [("a/b", 3), ("a/c/d", 4)]
    assert [entry.key for entry in store.entries("")] == ["a/b", "a/c/d"]
    assert list(store.entries("a/c/")) or list(store.entries("a/c"))
    assert store.folders("") == ["a"]
    assert store.folders("a") == ["c"]
    assert store.folders("nothing") == []
    store.delete(["a/b", "a/b", "nothing"])
    assert [entry.key for entry in store.entries("")] == ["a/c/d"]


def test_an_aborted_object_was_never_there(any_lake):
    store = any_lake.target.store
    sink = store.create("a/b")
    sink.write(b"half")
    sink.abort()
    assert list(store.entries("")) == []


def test_a_conditional_write_holds_against_the_version(any_lake):
    store = any_lake.target.store
    first = store.put("a/m.json", b"1", None)
    with pytest.raises(ConflictError, match="TD3020"):
        store.put("a/m.json", b"2", None)
    second = store.put("a/m.json", b"2", first)
    assert store.read("a/m.json").version == second
    with pytest.raises(ConflictError, match="TD3020"):
        store.put("a/m.json", b"3", first)
    assert store.read("a/m.json").data == b"2"
    store.delete(["a/m.json"])
    with pytest.raises(ConflictError, match="TD3020"):
        store.put("a/m.json", b"3", second)
    assert store.read("a/m.json") is None


def test_of_many_conditional_writes_one_wins(any_lake):
    store = any_lake.target.store
    version = store.put("a/m.json", b"0", None)
    won: list[int] = []

    def write(number: int) -> None:
        try:
            store.put("a/m.json", str(number).encode(), version)
        except ConflictError:
            return
        won.append(number)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(1, 7)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1
    assert store.read("a/m.json").data == str(won[0]).encode()


def test_a_write_whose_answer_is_lost_is_read_back(s3_lake, monkeypatch):
    store = s3_lake.target.store
    real = store.write_if

    def lose_the_answer(*args):
        real(*args)
        raise TimeoutError("no answer")

    monkeypatch.setattr(store, "write_if", lose_the_answer)
    version = store.put("a/m.json", b"1", None)
    monkeypatch.undo()
    assert store.read("a/m.json").version == version
    monkeypatch.setattr(store, "write_if", lambda *_: (_ for _ in ()).throw(TimeoutError("never sent")))
    with pytest.raises(TransientError, match="TD3010"):
        store.put("a/m.json", b"2", version)


def test_a_held_lock_keeps_others_out_until_it_is_given_back(any_lake):
    store, key = any_lake.target.store, any_lake.ref().lock
    with store.exclusive(key, 1) as lease:
        lease.check()
        with pytest.raises(TransientError, match="TD3031"), store.exclusive(key, 0.05):
            pass
    with store.exclusive(key, 0):
        pass
    assert list(store.entries("")) == []


@pytest.mark.parametrize("left", [b'{"owner": "dead", "expires": 1.0}', b"not a claim", b"{}"])
def test_an_expired_or_broken_claim_is_taken_over(s3_lake, left):
    store, key = s3_lake.target.store, s3_lake.ref().lock
    store.put(key, left, None)
    with store.exclusive(key, 0) as lease:
        lease.check()
    assert store.find(key) is None


def test_a_claim_is_renewed_while_it_is_used_and_cannot_be_once_it_is_lost(s3_lake, monkeypatch):
    store, key = s3_lake.target.store, s3_lake.ref().lock
    monkeypatch.setattr(claim, "CLAIM_SECONDS", 0.0)
    with store.exclusive(key, 0) as first:
        version = store.read(key).version
        first.check()
        assert store.read(key).version != version
        with store.exclusive(key, 0), pytest.raises(ConflictError, match="TD3020"):
            first.check()


def test_a_store_whose_package_is_missing_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "adlfs", None)
    azure.client_class.cache_clear()
    with pytest.raises(InputError, match=r"TD3015.*tempdata-dagster\[azure\]"):
        STORES.get("abfs")("abfs://container/lake", {})


def test_folders_swap_whole(tmp_path):
    one, other = tmp_path / "one", tmp_path / "other"
    for folder in (one, other):
        folder.mkdir()
        (folder / folder.name).write_text("")
    assert exchange.swap_folders(one, other) is True
    assert ((one / "other").exists(), (other / "one").exists()) == (True, True)
    with pytest.raises(FileNotFoundError):
        exchange.swap_folders(one, tmp_path / "nothing")


def test_where_folders_cannot_be_swapped_files_are_replaced_one_by_one(lake, monkeypatch):
    monkeypatch.setattr(local, "swap_folders", lambda *_: False)
    for version, parts in enumerate((1, 3, 2, 1, 1)):
        lake.publish(*([lake.rows(2, seed=100 * version + 10 * part)] for part in range(parts)))
        assert lake.numbers() == sorted(100 * version + 10 * part + row for part in range(parts) for row in range(2))
        assert verify(lake.target) == []
    assert [item.name for item in lake.target.store.root.iterdir()] == ["retail"]


def test_a_replaced_folder_goes_with_the_next_publication(lake, monkeypatch):
    lake.publish([lake.rows(1)], [lake.rows(2)])
    lake.publish([lake.rows(3)], [lake.rows(4)])
    assert len([key for key in lake.list_keys() if "/_swapped/" in key]) == 2
    monkeypatch.setattr(local, "SWAPPED_SECONDS", -2)
    lake.publish([lake.rows(5)], ref=lake.ref("2026-02-01"))
    assert not any("_staging" in key for key in lake.list_keys())
