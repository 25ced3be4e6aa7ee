"""Publishing over an older version, while the i-th call of the storage fails: in every way, for every i, on every storage."""

from __future__ import annotations

import random
from collections import Counter
from datetime import timedelta

import pytest

from tempdata_dagster.core.errors import OutsideError
from tempdata_dagster.publish import Target, protocol
from tempdata_dagster.publish.gc import gc
from tempdata_dagster.publish.stores import claim
from tempdata_dagster.publish.verify import verify
from tempdata_dagster.testing import FAULTS, Fault, FaultyStore
from tests.emulators.lakes import KINDS
from tests.faults.writer import KEYS, parts_of, publish_to, read_plainly, read_version

KEY = KEYS[0]
# From one file to another, from one to several, from several to fewer, and the same rows once more.
CHANGES = ((0, 1), (0, 3), (3, 2), (0, 0))
# How many of the calls of each change are struck where not all are; emulators are slow.
SAMPLE = {"local": 3, "memory": 3}


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    monkeypatch.setattr(protocol, "LOCK_WAIT", 20.0)
    # The claim of a run that could not give it back: the next one waits for its end.
    monkeypatch.setattr(claim, "CLAIM_SECONDS", 1.5)


def open_lake(new_lake, kind: str) -> Target:
    return Target.open(*new_lake(kind))


def read_lake(target: Target) -> int:
    """The version that readers by manifest see, which is whole, and of which the manifest is."""
    version = read_version(target.dataset("retail", "orders").to_table())
    assert target.published("retail", "orders")[KEY].facts.seed == version
    if target.store.url.startswith("/"):
        assert read_plainly(target.url, KEY) == version
    return version


def strike(target: Target, old: int, new: int, fault: Fault) -> str:
    """What came of publishing `new` over `old` under a fault; readers, a second run, `verify` and `gc` find all well."""
    publish_to(target, old, KEY)
    faulty = FaultyStore.around(target, fault)
    outcome = "published"
    try:
        publish_to(faulty, new, KEY)
    except OutsideError as error:
        outcome = error.code
    version = read_lake(target)
    assert version == new if outcome == "published" else version in (old, new), (faulty.store.struck, outcome)
    # On object stores old files of several parts are removed last, and a failure leaves them to gc.
    assert {finding.kind for finding in verify(target)} <= {"unfinished", "extra"}
    publish_to(target, new, KEY)
    assert read_lake(target) == new
    gc(target, timedelta(0))
    assert verify(target) == []
    assert len(list(target.store.entries(""))) == 1 + parts_of(new)
    return outcome if faulty.store.struck else "not struck"


def count_calls(target: Target, old: int, new: int) -> int:
    publish_to(target, old, KEY)
    counting = FaultyStore.around(target)
    publish_to(counting, new, KEY)
    return len(counting.store.calls)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("fault", FAULTS)
def test_whichever_call_fails_the_result_is_right_or_a_typed_error(kind, fault, new_lake, figure, torture):
    seen: Counter[str] = Counter()
    draw = random.Random(f"{kind} {fault}")
    changes = CHANGES if torture or kind in SAMPLE else draw.sample(CHANGES[:3], 1)
    for old, new in changes:
        # Every storage but a folder is asked the same.
        alike = kind if torture or kind == "local" else "memory"
        calls = count_calls(open_lake(new_lake, alike), old, new)
        chosen = range(1, calls + 1) if torture else draw.sample(range(1, calls + 1), SAMPLE.get(kind, 1))
        for call in chosen:
            seen[strike(open_lake(new_lake, kind), old, new, Fault(fault, call))] += 1
    figure(f"{fault} at {seen.total()} calls ({kind}): {dict(sorted(seen.items()))}, silent damage 0")
    assert seen.total() >= len(changes)
