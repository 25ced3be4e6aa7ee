"""What happens to the process: signals, closed pipes, full disks, two of it at once."""

from __future__ import annotations

import ctypes
import json
import os
import pty
import re
import resource
import signal
import subprocess
import time
from pathlib import Path
from typing import NamedTuple

import psutil
import pytest

MANY_DAYS = ("--partitions", "2025-01-01..2025-12-31", "--no-suite")
pytestmark = pytest.mark.slow


class Ended(NamedTuple):
    out: str
    err: str
    code: int


def wait_for(path, pattern, seconds=30):
    """Until a file is there."""
    deadline = time.monotonic() + seconds
    while not any(path.glob(pattern)):
        assert time.monotonic() < deadline, f"no {pattern} in {path}"
        time.sleep(0.02)


def list_session(session):
    """The living processes of a session."""
    alive = []
    for process in psutil.process_iter():
        try:
            if os.getsid(process.pid) == session and process.status() != psutil.STATUS_ZOMBIE:
                alive.append(process.pid)
        except (OSError, psutil.NoSuchProcess):
            continue
    return alive


@pytest.mark.parametrize("workers", ["1", "2"])
def test_ctrl_c_ends_with_130_and_leaves_nothing_staged(tempdata, start, shop, workers):
    with start("generate", str(shop), *MANY_DAYS, "--workers", workers) as process:
        wait_for(shop.parent, "lake/shop/orders/*/*.parquet")
        os.killpg(process.pid, signal.SIGINT)
        _, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (130, "interrupted\n")
    staging = shop.parent / "lake/_staging"
    assert [file for file in staging.rglob("part-*") if "_swapped" not in file.parts] == []
    findings = tempdata("verify", "lake", "--json").document["findings"]
    assert {finding["kind"] for finding in findings} <= {"unfinished"}
    tempdata("gc", "lake", "--grace", "0s")
    assert tempdata("verify", "lake").code == 0


@pytest.mark.parametrize("delay", [0.05, 0.3, 0.8])
def test_ctrl_c_while_it_starts_shows_no_traceback(start, shop, delay):
    with start("generate", str(shop), *MANY_DAYS, "--workers", "2") as process:
        wait_until_ours(process)
        time.sleep(delay)
        os.killpg(process.pid, signal.SIGINT)
        _, err = process.communicate(timeout=30)
    # Python ends by the signal itself, which a shell shows as 130 too, when Ctrl-C fell into an `exec` of an import.
    assert process.returncode in (130, -signal.SIGINT)
    assert err == "interrupted\n"


def wait_until_ours(process):
    """Until Python has handed over to us: before that, Ctrl-C is Python's own affair."""
    deadline = time.monotonic() + 10
    while not any("pyarrow" in one.path for one in psutil.Process(process.pid).memory_maps()):
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.parametrize("workers", ["1", "2"])
def test_killed_in_the_middle_and_run_again(tempdata, start, shop, workers):
    few = ("--partitions", "2025-01-01..2025-01-08", "--no-suite")
    with start("generate", str(shop), *few, "--workers", workers) as process:
        wait_for(shop.parent, "lake/shop/orders/*/*.parquet")
        process.kill()
        process.communicate(timeout=30)
    deadline = time.monotonic() + 10
    while list_session(process.pid) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert list_session(process.pid) == []
    again = tempdata("generate", str(shop), *few, "--json")
    assert again.code == 0
    assert again.document["total"]["partitions"] == 17
    tempdata("gc", "lake", "--grace", "0s")
    assert tempdata("verify", "lake").code == 0
    assert not list((shop.parent / "lake/_staging").rglob("part-*"))
    clean = tempdata("generate", str(shop), *few, "--to", "clean", "--json").document
    assert hashes(again.document) == hashes(clean)


def test_workers_that_ran_expressions_end_quietly(tempdata, process):
    tempdata("init", "bakery")
    ended = process("generate", "bakery.yaml", "--partitions", "2025-01-01..2025-01-02", "--no-suite", "--workers", "2")
    assert (ended.code, ended.err) == (0, "")


def test_a_killed_worker_is_the_outside_worlds_fault(tempdata, start, shop):
    with start("generate", str(shop), *MANY_DAYS, "--workers", "2") as process:
        wait_for(shop.parent, "lake/shop/orders/*/*.parquet")
        workers = [one for one in psutil.Process(process.pid).children() if "spawn_main" in " ".join(one.cmdline())]
        workers[0].kill()
        _, err = process.communicate(timeout=30)
    assert process.returncode == 3
    assert err == "TD6011 a worker process was killed (out of memory? try fewer --workers)\n"
    tempdata("gc", "lake", "--grace", "0s")
    assert tempdata("verify", "lake").code == 0


def hashes(document):
    return {(part["table"], part["partition"]): part["content_hash"] for part in document["partitions"]}


def test_two_at_once_of_the_same_dataset_both_succeed(tempdata, start, shop, days):
    words = ("generate", str(shop), *days, "--no-suite", "--json", "--to", "lake")
    started = [start(*words) for _ in range(2)]
    ended = [Ended(*process.communicate(timeout=60), process.returncode) for process in started]
    assert [(one.err, one.code) for one in ended] == [("", 0)] * 2
    assert hashes(json.loads(ended[0].out)) == hashes(json.loads(ended[1].out))
    assert tempdata("verify", "lake").code == 0


def test_two_at_once_of_different_datasets_leave_one_whole_version(tempdata, start, shop, text):
    other = shop.with_name("other.yaml")
    other.write_text(text.replace("seed: 42", "seed: 43"))
    words = ("--tables", "orders", "--partitions", "2025-01-01", "--no-suite", "--scale", "100", "--json", "--to")
    alone = [hashes(tempdata("generate", str(file), *words, file.stem).document) for file in (shop, other)]
    for _ in range(3):
        started = [start("generate", str(file), *words, "lake") for file in (shop, other)]
        ended = [Ended(*process.communicate(timeout=60), process.returncode) for process in started]
        for one in ended:
            assert one.code in (0, 3), one.err
            assert one.code == 0 or one.err.startswith("TD30")
        assert 0 in [one.code for one in ended]
        assert tempdata("verify", "lake").code == 0
        rows = {row["content_hash"] for row in read_manifests(shop.parent / "lake")}
        assert len(rows) == 1
        assert rows <= {hash_ for one in alone for hash_ in one.values()}


def read_manifests(lake):
    return [json.loads(file.read_text()) for file in lake.glob("shop/_manifests/orders/*.json")]


def test_a_reader_that_closes_the_pipe_sees_no_traceback(start, shop, days):
    for words in (["schema"], ["plan", str(shop)], ["generate", str(shop), *days, "--no-suite"], ["--help"]):
        read, write = os.pipe()
        os.close(read)
        with start(*words, stdout=write) as process:
            os.close(write)
            _, err = process.communicate(timeout=60)
        assert (process.returncode, err) == (141, ""), words


def test_errors_into_a_closed_pipe_end_quietly(start):
    read, write = os.pipe()
    os.close(read)
    with start("plann", stdout=write, stderr=write) as process:
        os.close(write)
        assert process.wait(timeout=60) == 141


def test_output_that_cannot_be_written_is_the_outside_worlds_fault(start):
    with Path("/dev/full").open("w") as full, start("schema", stdout=full) as process:
        _, err = process.communicate(timeout=60)
    assert process.returncode == 3
    assert err.startswith("TD6010 the output cannot be written")
    assert err.count("\n") == 1


def test_a_full_disk_leaves_the_last_good_version(tempdata, process, shop):
    days = ("--partitions", "2025-01-01..2025-01-02", "--no-suite")
    assert tempdata("generate", str(shop), *days, "--to", "lake").code == 0
    larger = (*days, "--to", "lake", "--scale", "1000")
    before = hashes_of_lake(shop.parent)

    def bound() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))

    for workers in ("1", "2"):
        ended = process("generate", str(shop), *larger, "--tables", "orders", "--workers", workers, preexec_fn=bound)
        assert ended.code == 3, ended.err
        assert ended.err.startswith("TD3012 ")
        assert "no space is left" in ended.err
        assert ended.err.count("\n") == 1
        assert "2 not reached" in ended.out
        assert hashes_of_lake(shop.parent) == before
        assert tempdata("verify", "lake").code == 0


def hashes_of_lake(folder):
    return {file: file.read_bytes() for file in (folder / "lake/shop").rglob("*.parquet")}


def without_rights_of_root() -> None:
    """In a child: root, too, may only do what the modes of files allow."""
    for capability in (1, 2):  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
        ctypes.CDLL(None).prctl(24, capability, 0, 0, 0)  # PR_CAPBSET_DROP


@pytest.fixture
def make_read_only():
    """Makes folders read-only until the test ends."""
    changed = []

    def change(folder: Path) -> None:
        for one in (folder, *(path for path in folder.rglob("*") if path.is_dir())):
            changed.append((one, one.stat().st_mode))
            one.chmod(0o555)

    yield change
    for folder, mode in changed:
        folder.chmod(mode)


@pytest.mark.parametrize(
    ("part", "code"),
    [("lake", "TD3002"), ("lake/_staging", "TD3011"), ("lake/shop", "TD3011"), ("lake/shop/orders", "TD3011")],
)
@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_read_only_folder_leaves_the_last_good_version(tempdata, process, shop, make_read_only, part, code, workers):
    days = ("--partitions", "2025-01-01..2025-01-02", "--no-suite", "--to", "lake", "--tables", "orders")
    assert tempdata("generate", str(shop), *days).code == 0
    before = hashes_of_lake(shop.parent)
    (shop.parent / "lake/_staging").mkdir(exist_ok=True)
    make_read_only(shop.parent / part)
    words = ("generate", str(shop), *days, "--seed", "7", "--workers", workers)
    ended = process(*words, preexec_fn=without_rights_of_root)
    assert ended.code == 3, ended.err
    assert ended.err.startswith(f"{code} ")
    assert ended.err.count("\n") == 1
    assert hashes_of_lake(shop.parent) == before
    assert tempdata("verify", "lake").code == 0


def test_a_terminal_shows_progress_and_a_pipe_does_not(start, process, shop, days):
    ours, theirs = pty.openpty()
    with start("generate", str(shop), *days, "--no-suite", stderr=theirs, stdout=subprocess.PIPE) as started:
        os.close(theirs)
        shown = b"".join(read_to_end(ours))
        out, _ = started.communicate(timeout=60)
    os.close(ours)
    assert started.returncode == 0
    assert b"rows/s" in shown
    assert b"ETA" in shown
    assert out.splitlines()[-1].startswith("shop: 7 published")
    assert process("generate", str(shop), *days, "--no-suite").err == ""


@pytest.mark.parametrize("workers", ["1", "2"])
def test_the_bar_moves_while_a_partition_is_made(start, shop, workers):
    ours, theirs = pty.openpty()
    words = ("--tables", "orders", "--partitions", "2025-01-01..2025-01-01", "--scale", "40000", "--workers", workers)
    with start("generate", str(shop), *words, "--no-suite", stderr=theirs) as started:
        os.close(theirs)
        shown = b"".join(read_to_end(ours))
        started.communicate(timeout=60)
    os.close(ours)
    assert started.returncode == 0
    shares = [int(share) for share in re.findall(rb"(\d+)% 0/1 ", re.sub(rb"\x1b\[[0-9;?]*[A-Za-z]", b"", shown))]
    assert shares == sorted(shares)
    assert len(set(shares) - {0, 100}) > 2, "the bar stood still until the partition was done"


def read_to_end(terminal):
    """What is written to a terminal until its other end is closed."""
    while True:
        try:
            yield os.read(terminal, 65_536)
        except OSError:
            return


def test_a_poor_terminal_can_show_everything(start, shop, text):
    shop.write_text(text.replace("A shop.", "Ein Kiosk für Döner"), encoding="utf-8")
    plain = {"LC_ALL": "C", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    saved = {name: os.environ.get(name) for name in plain}
    os.environ.update(plain)
    try:
        with start("plan", str(shop), "--json") as process:
            out, err = process.communicate(timeout=60)
    finally:
        for name, value in saved.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})
    assert (process.returncode, err) == (0, "")
    assert "Ein Kiosk f" in out
