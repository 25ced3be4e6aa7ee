from __future__ import annotations

import pytest

from tests.emulators.azurite import run_azurite
from tests.emulators.gcs import run_gcs
from tests.emulators.lakes import make_options, make_url
from tests.emulators.moto import run_moto


@pytest.fixture(scope="session")
def s3_options():
    with run_moto() as port:
        yield make_options("s3", port)


@pytest.fixture(scope="session")
def gcs_options():
    with run_gcs() as port:
        yield make_options("gcs", port)


@pytest.fixture(scope="session")
def azure_options(tmp_path_factory):
    with run_azurite(tmp_path_factory.mktemp("azurite")) as port:
        yield make_options("azure", port)


@pytest.fixture
def new_lake(request):
    """`new_lake("s3")` is the URL of a lake that nobody has used, and its options."""
    return lambda kind: make_url(kind, request)
