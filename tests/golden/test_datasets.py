"""The datasets in configs/ have the same content on every machine, until somebody changes it on purpose."""

from __future__ import annotations

import pytest

from tests.golden.datasets import FOLDER, SCALES, hash_tables, pinned


@pytest.mark.parametrize("dataset", list(SCALES))
def test_a_dataset_has_the_pinned_content(dataset):
    assert hash_tables(dataset) == pinned()[dataset], "data changed: see tests/golden/datasets.py"


def test_every_dataset_is_pinned():
    assert {path.stem for path in FOLDER.glob("*.yaml")} == set(SCALES) == set(pinned())
