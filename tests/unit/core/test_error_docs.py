"""docs/errors.md has every code that the package can raise, and no other."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


def raised(family: str) -> set[str]:
    texts = (file.read_text(encoding="utf-8") for file in (ROOT / "tempdata_dagster").rglob("*.py"))
    return {code for text in texts for code in re.findall(rf'"({family}\d{{3}})\b', text)}


@pytest.mark.parametrize("family", ["TD1", "TD2", "TD3", "TD4", "TD5", "TD6"])
def test_every_code_is_documented_once(family):
    page = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
    documented = re.findall(rf"^\| ({family}\d{{3}}) \|", page, re.MULTILINE)
    assert len(documented) == len(set(documented))
    assert set(documented) == raised(family)
