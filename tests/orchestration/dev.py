"""A real `dagster dev` on a free port: webserver, daemon and code server, over a project on disk."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from tests.orchestration.shop import Project

ROOT = Path(__file__).parents[2]
LOCATION = "tempdata"
DEFINITIONS = """\
from pathlib import Path
from tempdata_dagster.orchestration.definitions import build_tempdata_definitions
from tempdata_dagster.orchestration.resources import TempDataResource

PROJECT = Path(__file__).parent / "configs" / "project.yaml"
lake = TempDataResource(project=str(PROJECT), suite_partitions=0)
defs = build_tempdata_definitions(project=PROJECT, resource=lake, sensor_seconds=1)
"""
WORKSPACE = f"load_from:\n  - python_file: {{relative_path: definitions.py, location_name: {LOCATION}}}\n"
SETTINGS = "telemetry: {enabled: false}\nnux: {enabled: false}\n"


class Dev:
    """What a person would do in the UI, by GraphQL."""

    def __init__(self, url: str) -> None:
        self.url = url

    def query(self, text: str, **variables: Any) -> Any:
        body = json.dumps({"query": text, "variables": variables}).encode()
        request = urllib.request.Request(f"{self.url}/graphql", body, {"content-type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as response:
            answer = json.load(response)
        assert "errors" not in answer, answer["errors"]
        return answer["data"]

    def wait(self, what: str, found: Callable[[], Any], seconds: float = 120) -> Any:
        """The first true answer of `found`."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            try:
                if answer := found():
                    return answer
            except OSError:
                pass
            time.sleep(0.5)
        raise AssertionError(f"waited {seconds} s for {what}")

    def assets(self) -> set[str]:
        """The keys of the loaded assets, once the code location is loaded."""
        data = self.query("{ assetNodes { assetKey { path } } }")
        return {"/".join(node["assetKey"]["path"]) for node in data["assetNodes"]}

    def ticks(self, limit: int = 10) -> list[dict[str, Any]]:
        """The config sensor's latest ticks, the newest first."""
        data = self.query(
            """query Ticks($selector: SensorSelector!, $limit: Int!) { sensorOrError(sensorSelector: $selector) {
                ... on Sensor { sensorState { ticks(limit: $limit) {
                    timestamp status skipReason runIds error { message } } } } } }""",
            selector={
                "repositoryLocationName": LOCATION,
                "repositoryName": "__repository__",
                "sensorName": "tempdata_config",
            },
            limit=limit,
        )
        return data["sensorOrError"].get("sensorState", {}).get("ticks", [])

    def tick_after(self, moment: float, *, containing: str = "") -> dict[str, Any]:
        """The first tick that began after a moment and says what it should."""

        def found() -> Any:
            late = [one for one in self.ticks() if one["timestamp"] > moment and one["status"] != "STARTED"]
            return next((one for one in reversed(late) if containing in (one["skipReason"] or "")), None)

        return self.wait(f"a tick that says '{containing}'", found)

    def runs(self) -> list[dict[str, Any]]:
        """All runs, the newest first."""
        text = """{ runsOrError { ... on Runs { results {
            runId status assetSelection { path } tags { key value } } } } }"""
        return self.query(text)["runsOrError"]["results"]

    def stale_causes(self, asset: str, partition: str | None) -> tuple[str, list[str]]:
        """An asset's or a partition's status (`FRESH`, `STALE`, `MISSING`) and why."""
        data = self.query(
            """query Stale($keys: [AssetKeyInput!], $partition: String) { assetNodes(assetKeys: $keys) {
                staleStatus(partition: $partition) staleCauses(partition: $partition) { reason } } }""",
            keys=[{"path": asset.split("/")}],
            partition=partition,
        )
        [node] = data["assetNodes"]
        return node["staleStatus"], [cause["reason"] for cause in node["staleCauses"]]


def write_location(project: Project) -> Path:
    """Makes a code location of a project; its Dagster home."""
    (project.root / "definitions.py").write_text(DEFINITIONS, encoding="utf-8")
    (project.root / "workspace.yaml").write_text(WORKSPACE, encoding="utf-8")
    home = project.root / "home"
    home.mkdir()
    (home / "dagster.yaml").write_text(SETTINGS, encoding="utf-8")
    return home


@contextmanager
def run_dev(workspace: Path, home: Path) -> Iterator[Dev]:
    """`dagster dev`, until the end of the block; none of its processes outlives it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    environment = os.environ | {
        "DAGSTER_HOME": str(home), "TEMPDATA_DAGSTER_URL": url, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore",
    }  # fmt: skip
    command = [sys.executable, "-m", "dagster", "dev", "-w", str(workspace), "-h", "127.0.0.1", "-p", str(port)]
    with (home / "dev.log").open("w", encoding="utf-8") as log:
        process = subprocess.Popen(
            command, cwd="/", env=environment, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )
        try:
            dev = Dev(url)
            dev.wait("the code location to load", dev.assets)
            yield dev
        finally:
            stop(process)


def stop(process: subprocess.Popen[bytes]) -> None:
    """Ends a process and all below it."""
    try:
        family = [*psutil.Process(process.pid).children(recursive=True), psutil.Process(process.pid)]
    except psutil.NoSuchProcess:
        family = []
    process.send_signal(signal.SIGINT)
    psutil.wait_procs(family, timeout=10)
    for one in family:
        if one.is_running():
            one.kill()
    process.wait(10)
