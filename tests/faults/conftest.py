from __future__ import annotations

import pytest

from tests.emulators.lakes import make_url


@pytest.fixture
def new_lake(request):
    """`new_lake("s3")` is the URL of a lake that nobody has used, and its options."""
    return lambda kind: make_url(kind, request)
