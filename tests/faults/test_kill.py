from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from tempdata_dagster.publish import Target
from tempdata_dagster.publish.gc import gc
from tempdata_dagster.publish.verify import verify
from tests.faults.writer import KEYS, parts_of, publish_partition, read_plainly, read_version

REPOSITORY = Path(__file__).parents[2]


class Writer:
    def __init__(self, root: Path, file_format: str = "parquet") -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.writer", str(root), file_format],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=REPOSITORY,
            env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        )  # fmt: skip

    def start(self, version: int) -> int:
        return self._ask(str(version))

    def end(self) -> int:
        return self._ask("end")

    def _ask(self, line: str) -> int:
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait(timeout=30)
        self.process.stdout.close()


@pytest.fixture
def root(tmp_path):
    root = tmp_path / "lake"
    for key in KEYS:
        publish_partition(root, 0, key)
    return root


@pytest.fixture
def writer(root):
    writer = Writer(root)
    yield writer
    writer.close()


def check_partition(root: Path, key: str, allowed: set[int]) -> int:
    version = read_plainly(root, key)
    assert version in allowed
    target = Target.open(root)
    manifest = target.published("retail", "orders")[key]
    assert manifest.facts.seed == version, "the manifest and the files are of different versions"
    assert read_version(target.dataset("retail", "orders", [key]).to_table()) == version
    return version


@pytest.mark.slow
def test_a_kill_at_any_moment_leaves_the_old_or_the_new_version(root, writer, figure, torture):
    # Some runs end before they are killed: of 1,800 more than 1,000 do not.
    kills = 1800 if torture else 100
    rng = random.Random(7)
    held = dict.fromkeys(KEYS, 0)
    seen: Counter[str] = Counter()
    for version in (2, 1):
        took = time_one_run(writer, version)
    held = dict.fromkeys(KEYS, 1)
    window = took * 1.1
    for round_ in range(2, kills + 2):
        child = writer.start(round_)
        time.sleep(rng.uniform(0, window))
        os.kill(child, signal.SIGKILL)
        seen["killed" if writer.end() == -signal.SIGKILL else "finished"] += 1
        for key in KEYS:
            version = check_partition(root, key, {held[key], round_})
            seen["new" if version == round_ else "old"] += 1
            held[key] = version
        # How long a run takes depends on what else the machine does: kills are to fall into all of it.
        news = sum(version == round_ for version in held.values())
        window *= 1.2 if not news else 0.85 if news == len(KEYS) else 1.0
        seen["unfinished"] += sum(finding.kind == "unfinished" for finding in verify(Target.open(root)))
    figure(f"kill -9 of a publishing run: {dict(seen)}, torn reads: 0")
    assert seen["killed"] > kills // 2
    assert seen["old"] > kills // 4
    assert seen["new"] > kills // 4

    assert (writer.start(kills + 2), writer.end())[1] == 0
    assert {check_partition(root, key, {kills + 2}) for key in KEYS} == {kills + 2}
    target = Target.open(root)
    assert verify(target) == []
    gc(target, timedelta(0))
    files = [entry.key for entry in target.store.entries("")]
    assert len(files) == len(KEYS) * (1 + parts_of(kills + 2))
    assert [item.name for item in root.iterdir()] == ["retail"]


def time_one_run(writer: Writer, version: int) -> float:
    start = time.perf_counter()
    writer.start(version)
    assert writer.end() == 0
    return time.perf_counter() - start


@pytest.mark.slow
def test_a_kill_and_gc_alone_heal_a_lake(root, writer):
    rng = random.Random(8)
    for round_ in range(1, 21):
        child = writer.start(round_)
        time.sleep(rng.uniform(0, 0.1))
        os.kill(child, signal.SIGKILL)
        writer.end()
        target = Target.open(root)
        versions = [read_plainly(root, key) for key in KEYS]
        gc(target, timedelta(0))
        assert verify(target) == []
        assert [read_plainly(root, key) for key in KEYS] == versions
        assert [item.name for item in root.iterdir()] == ["retail"]


@pytest.mark.slow
def test_a_reader_in_the_middle_of_publications_sees_whole_versions(root, writer, figure):
    seen: Counter[int] = Counter()
    for round_ in range(1, 25):
        child = writer.start(round_)
        while is_running(child):
            for key in KEYS:
                version = read_plainly(root, key)
                assert version in (round_ - 1, round_)
                seen[version] += 1
        assert writer.end() == 0
    figure(f"{seen.total()} plain reads during 72 publications: torn 0")
    assert len(seen) > 10


def is_running(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
