from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tempdata_dagster.checks.spill import open_spill, remove_abandoned

ROOT = Path(__file__).parents[3]
HOLD = """
import sys
from tempdata_dagster.checks.spill import open_spill
with open_spill() as folder:
    open(folder + "/block", "w").close()
    print(folder, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def place(tmp_path, monkeypatch):
    """The folder of temporary files."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return tmp_path


def make_old(folder: Path) -> None:
    os.utime(folder, (0, 0))


def test_it_is_there_for_the_block_and_no_longer(place) -> None:
    with open_spill() as folder:
        (Path(folder) / "block").touch()
        assert Path(folder).parent == place
    assert list(place.iterdir()) == []


def test_what_a_killed_process_left_is_removed_and_nothing_else(place) -> None:
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    started = subprocess.Popen(
        [sys.executable, "-c", HOLD], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with started:
        left = Path(started.stdout.readline().strip())
        mine = place / "tempdata-audit.txt"
        mine.touch()
        make_old(left)
        remove_abandoned(place)
        assert (left / "block").exists(), "it was taken from a living process"
        os.kill(started.pid, signal.SIGKILL)
    remove_abandoned(place)
    assert list(place.iterdir()) == [mine]


def test_what_is_new_is_left_alone(place) -> None:
    (place / "tempdata-audit-new").mkdir()
    remove_abandoned(place)
    assert (place / "tempdata-audit-new").exists()


def test_links_are_not_followed(place) -> None:
    (place / "mine").mkdir()
    (place / "mine/file").touch()
    (place / "tempdata-audit-link").symlink_to(place / "mine")
    remove_abandoned(place)
    assert (place / "mine/file").exists()
