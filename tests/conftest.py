"""What holds for every test: example counts, the heavy variants, no outside network, and a place for measured figures."""

from __future__ import annotations

import ipaddress
import os
import socket
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

TORTURE = bool(os.environ.get("TEMPDATA_TORTURE"))
FIGURES = pytest.StashKey[list[str]]()

# A deadline or a slow-data check measures the machine, not the code.
_ALWAYS = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("local", **_ALWAYS)
settings.register_profile("ci", **_ALWAYS, derandomize=True, database=None)
settings.register_profile("torture", **_ALWAYS, max_examples=2_000)
settings.load_profile("torture" if TORTURE else "ci" if os.environ.get("CI") else "local")

os.environ.pop("DAGSTER_HOME", None)  # a test that needs an instance makes its own
os.environ["DAGSTER_DISABLE_TELEMETRY"] = "yes"
os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
os.environ["NO_GCE_CHECK"] = "true"
# gcsfs would ask the bucket's type over gRPC with TLS, which no emulator speaks: 60 s for each bucket.
os.environ["GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT"] = "false"


def _is_this_machine(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host in {"", "localhost"}
    return address.is_loopback or address.is_unspecified


def _refuse_outside(event: str, arguments: tuple[Any, ...]) -> None:
    """Raise on a connection to anything but this machine."""
    if event != "socket.connect" or arguments[0].family not in {socket.AF_INET, socket.AF_INET6}:
        return
    host = arguments[1][0]
    if not _is_this_machine(host):
        raise PermissionError(f"a test tried to reach {host}: tests use servers that they start themselves")


sys.addaudithook(_refuse_outside)


def pytest_configure(config: pytest.Config) -> None:
    config.stash[FIGURES] = []


def pytest_sessionfinish(session: pytest.Session) -> None:
    # A process that shares the tests with others hands its figures to the one that prints them.
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["figures"] = session.config.stash[FIGURES]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take the figures of a process that is done."""
    node.config.stash[FIGURES].extend(getattr(node, "workeroutput", {}).get("figures", []))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if figures := config.stash[FIGURES]:
        terminalreporter.section("figures")
        terminalreporter.write_line("\n".join(sorted(figures)))


@pytest.fixture(scope="session")
def figure(pytestconfig: pytest.Config) -> Callable[[str], None]:
    """`figure("0 orphans in 10,000,000 orders")` prints a measured figure at the end of the run."""
    return pytestconfig.stash[FIGURES].append


@pytest.fixture(scope="session")
def torture() -> bool:
    """Whether to run the heavy variants (`make torture`)."""
    return TORTURE


@pytest.fixture(scope="session")
def s3_options() -> Iterator[dict[str, Any]]:
    """The options of a store on an emulator of S3 that runs as long as the tests."""
    from tests.emulators.lakes import make_options
    from tests.emulators.moto import run_moto

    with run_moto() as port:
        yield make_options("s3", port)


@pytest.fixture(scope="session")
def gcs_options() -> Iterator[dict[str, Any]]:
    """As `s3_options`, of Google Cloud Storage."""
    from tests.emulators.gcs import run_gcs
    from tests.emulators.lakes import make_options

    with run_gcs() as port:
        yield make_options("gcs", port)


@pytest.fixture(scope="session")
def azure_options(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """As `s3_options`, of Azure Blob Storage."""
    from tests.emulators.azurite import run_azurite
    from tests.emulators.lakes import make_options

    with run_azurite(tmp_path_factory.mktemp("azurite")) as port:
        yield make_options("azure", port)
