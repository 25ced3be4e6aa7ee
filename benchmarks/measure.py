"""Programs run one after the other on one core, and what they took."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

REPEATS = 3


@dataclass(frozen=True)
class Run:
    """One run of a program.

    Attributes:
        cpu: User and system seconds of the whole process, its start included.
        seconds: By the clock.
        peak: The most memory it held at once, MiB.
        told: What it printed as its last line, JSON.
    """

    cpu: float
    seconds: float
    peak: float
    told: dict[str, Any]


class BenchmarkError(Exception):
    """A program that is measured failed."""


def pin_to_one_core() -> str:
    """Keep this process and those that it starts on one core; says which, or that it could not."""
    if not hasattr(os, "sched_setaffinity"):
        return "not pinned to a core: this system has no affinity"
    core = max(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {core})
    return f"every program on core {core} alone"


def run(command: Sequence[str], folder: Path) -> Run:
    """Run a program to its end in a folder.

    Raises:
        BenchmarkError: It failed.
    """
    root = Path(__file__).parent
    # The memory pool is the one that the command `tempdata` uses.
    threads = {"OMP_NUM_THREADS": "1", "ARROW_IO_THREADS": "1", "ARROW_DEFAULT_MEMORY_POOL": "system"}
    environment = {**os.environ, "PYTHONPATH": str(root.parent), **threads}
    usage = folder / "usage.json"
    launcher = [sys.executable, "-S", "-E", str(root / "launcher.py"), str(usage)]
    start = time.perf_counter()
    done = subprocess.run(
        [*launcher, *command], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    seconds = time.perf_counter() - start
    if done.returncode:
        raise BenchmarkError(f"{' '.join(command[:4])} failed: {done.stderr[-800:]}")
    lines = done.stdout.strip().splitlines()
    told = json.loads(lines[-1]) if lines and lines[-1].startswith("{") else {}
    used = json.loads(usage.read_text(encoding="utf-8"))
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    return Run(used["cpu"], seconds, used["peak"] / unit, told)


def job(name: str, **arguments: object) -> list[str]:
    """The command of one of `benchmarks.jobs`."""
    return [sys.executable, "-m", "benchmarks.jobs", name, json.dumps(arguments)]


def alternate(commands: Mapping[str, Sequence[str]], repeats: int = REPEATS) -> dict[str, list[Run]]:
    """Run each command in turn, `repeats` times over, each in an empty folder that is removed afterwards."""
    runs: dict[str, list[Run]] = {name: [] for name in commands}
    for _ in range(repeats):
        for name, command in commands.items():
            folder = Path(tempfile.mkdtemp(prefix="benchmark-"))
            try:
                runs[name].append(run(command, folder))
            finally:
                shutil.rmtree(folder)
    return runs


def middle(runs: Sequence[Run], field: str) -> float:
    """The median of a field, or of a number that the programs told."""
    return float(median(getattr(one, field, None) or one.told[field] for one in runs))
