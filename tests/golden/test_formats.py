"""Files that are made of text have the same bytes on every machine, until somebody changes them on purpose."""

from __future__ import annotations

import pytest

from tests.golden.formats import CASES, hash_files, pinned


@pytest.mark.parametrize("name", list(CASES))
def test_a_format_writes_the_pinned_bytes(name):
    assert hash_files(name) == pinned()[name], "files changed: see tests/golden/formats.py"
