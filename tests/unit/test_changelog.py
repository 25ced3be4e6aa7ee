"""Every entry of the changelog says whether data changed: that is the first thing a user of a lake asks of a release."""

from __future__ import annotations

import re

VERDICT = re.compile(r"data changed: (?:no\b|yes\b.+)")


def read_entries(text: str) -> list[str]:
    """The bullets below the first release heading, each on one line."""
    releases = text.partition("\n## ")[2]
    return [
        " ".join(bullet.split()) for bullet in re.findall(r"^- (.+?)(?=^- |^#|\Z)", releases, re.DOTALL | re.MULTILINE)
    ]


def test_every_entry_says_whether_data_changed(root):
    entries = read_entries((root / "CHANGELOG.md").read_text(encoding="utf-8"))
    assert entries
    assert [entry for entry in entries if not VERDICT.search(entry)] == []


def test_an_entry_without_a_verdict_is_found():
    text = "# Changelog\n- no entry\n\n## 1.0\n\n### Fixed\n- One. data\n  changed: yes, orders\n- Two.\n"
    assert [bool(VERDICT.search(entry)) for entry in read_entries(text)] == [True, False]
