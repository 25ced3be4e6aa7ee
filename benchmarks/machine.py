"""What the figures were measured on."""

from __future__ import annotations

import os
import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = ("numpy", "pyarrow", "duckdb", "faker", "mimesis", "tpchgen-cli", "great-expectations")


def describe_machine() -> list[str]:
    """Processor, memory, system and versions."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    versions = ", ".join(f"{name} {version_of(name)}" for name in PACKAGES)
    return [
        f"{_processor()}, {os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()} {platform.machine()}",
        f"Python {sys.version.split()[0]}, {versions}",
    ]


def version_of(package: str) -> str:
    """The installed version, or that there is none."""
    try:
        return version(package)
    except PackageNotFoundError:
        return "missing"


def is_missing(package: str) -> str:
    """How to get a package that is not there; empty when it is."""
    if version_of(package) != "missing":
        return ""
    return f"{package} is not installed: pip install 'tempdata-dagster[bench]' has it measured too"


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or "unknown processor"
