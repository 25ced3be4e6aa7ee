"""A small shop, and `tempdata` in this process and in processes of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tempdata_dagster.cli import main

ROOT = Path(__file__).parents[3]
SHOP = """\
dataset: shop
description: "A shop.\\nWith a second line."
seed: 42
start: 2025-01-01
tables:
  customers:
    rows: 50
    key: customer_id
    columns:
      customer_id: {kind: key, prefix: C}
  orders:
    rows: {per: day, mean: 30, initial: 10}
    key: order_id
    columns:
      order_id: {kind: key, prefix: O}
      ordered_at: {kind: timestamp}
      customer_id: {kind: reference, to: customers}
  order_items:
    rows: {per: orders, distribution: geometric, mean: 2, min: 1, max: 5}
    key: [order_id, line_number]
    columns:
      order_id: {kind: reference, to: orders}
      line_number: {kind: position}
"""


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """The one JSON document on stdout."""
        return json.loads(self.out)


@pytest.fixture
def days() -> tuple[str, str]:
    """The options for three partitions."""
    return ("--partitions", "2025-01-01..2025-01-03")


@pytest.fixture
def text() -> str:
    """The text of `shop.yaml`."""
    return SHOP


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """The work folder: empty, and in no project."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def shop(folder) -> Path:
    """`shop.yaml` in the work folder."""
    file = folder / "shop.yaml"
    file.write_text(SHOP)
    return file


@pytest.fixture
def tempdata(folder, capsys) -> Callable[..., Ended]:
    """Runs a command in this process."""

    def run(*words: str) -> Ended:
        capsys.readouterr()
        code = main(list(words))
        return Ended(code, *capsys.readouterr())

    return run


@pytest.fixture
def start(folder) -> Callable[..., subprocess.Popen[str]]:
    """Starts a command in a process of its own, in a session of its own."""

    def run(*words: str, **options: Any) -> subprocess.Popen[str]:
        environment = os.environ | {"PYTHONPATH": str(ROOT), "COLUMNS": "100"}
        command = [sys.executable, "-m", "tempdata_dagster.cli", *words]
        # A job in the background ignores Ctrl-C, and hands that on to whatever it starts.
        listen = partial(signal.signal, signal.SIGINT, signal.default_int_handler)
        given = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "preexec_fn": listen} | options
        return subprocess.Popen(command, env=environment, text=True, start_new_session=True, **given)

    return run


@pytest.fixture
def process(start) -> Callable[..., Ended]:
    """Runs a command in a process of its own to its end."""

    def run(*words: str, **options: Any) -> Ended:
        with start(*words, **options) as started:
            out, err = started.communicate(timeout=60)
        return Ended(started.returncode, out, err)

    return run
