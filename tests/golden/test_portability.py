"""The same cells on every machine: with and without the CPU's vector units, and whatever the hash seed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest

from tests.contracts import modifier_cases
from tests.contracts.cases import golden_of

ROOT = Path(__file__).parents[2]
EXTENSIONS = np.show_config(mode="dicts")["SIMD Extensions"]
CASED = tuple(sorted(path.stem for path in (ROOT / "tests/contracts/kinds").glob("*.yaml")))
MODIFIED = tuple(sorted(path.stem for path in (ROOT / "tests/contracts/modifiers").glob("*.yaml")))


@lru_cache(maxsize=8)
def hashes_with(**settings: str) -> dict[str, dict[str, str]]:
    """The hashes of all contract cases, made in a process with these environment variables."""
    command = [sys.executable, "-m", "tests.contracts.update_golden", "--print"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)} | settings
    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


def found_with(**settings: str) -> list[str]:
    """The vector units that numpy uses in a process with these environment variables."""
    code = "import json, numpy; print(json.dumps(numpy.show_config(mode='dicts')['SIMD Extensions'].get('found', [])))"
    run = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | settings, capture_output=True, text=True, check=True
    )
    return json.loads(run.stdout)


def pinned() -> dict[str, dict[str, str]]:
    modifiers = {f"modifier {kind}": modifier_cases.golden_of(kind) for kind in MODIFIED}
    return {kind: golden_of(kind) for kind in CASED} | modifiers


@pytest.mark.slow
def test_cells_do_not_depend_on_vector_units(figure):
    units = EXTENSIONS.get("found", [])
    assert units, "this machine has no vector unit that numpy dispatches to: the test would show nothing"
    off = {"NPY_DISABLE_CPU_FEATURES": " ".join(units), "ARROW_USER_SIMD_LEVEL": "NONE"}
    assert found_with(**off) == []
    hashes = hashes_with(**off)
    assert hashes == pinned()
    figure(
        f"{sum(map(len, hashes.values()))} columns of {len(hashes)} kinds and modifiers alike without {', '.join(units)}"
    )


@pytest.mark.slow
@pytest.mark.parametrize("seed", ["0", "4242"])
def test_cells_do_not_depend_on_the_hash_seed(seed):
    assert hashes_with(PYTHONHASHSEED=seed) == pinned()


@pytest.mark.slow
def test_cells_do_not_depend_on_time_zone_and_locale():
    assert hashes_with(TZ="Pacific/Auckland", LC_ALL="C", LANG="C") == pinned()
