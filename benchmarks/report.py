"""What a benchmark found, on a terminal and as Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass
class Section:
    """One benchmark's figures.

    Attributes:
        title: What was measured.
        columns: The table's heads.
        rows: Its cells.
        notes: How it was measured, what was asked for and whether it holds.
    """

    title: str
    columns: Sequence[str]
    rows: list[Sequence[str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, *cells: object) -> None:
        """Append a row."""
        self.rows.append([str(cell) for cell in cells])

    def to_text(self) -> str:
        """Aligned columns for a terminal."""
        table = [list(self.columns), *map(list, self.rows)]
        widths = [max(len(row[place]) for row in table) for place in range(len(self.columns))]
        lines = [
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in table
        ]
        rule = "  ".join("-" * width for width in widths)
        return "\n".join([f"\n{self.title}", "", lines[0], rule, *lines[1:], *(f"  {note}" for note in self.notes)])

    def to_markdown(self) -> str:
        """A heading, a table and a list."""
        lines = [f"## {self.title}", "", _row(self.columns), _row(["---"] * len(self.columns))]
        lines += [_row(row) for row in self.rows]
        return "\n".join([*lines, "", *(f"- {note}" for note in self.notes), ""])


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def millions(rate: float) -> str:
    """Rows per second in millions; small rates in full."""
    return f"{rate / 1e6:.2f} M" if rate >= 1e5 else f"{rate:,.0f}"


def judge(text: str, *, holds: bool) -> str:
    """A goal, and whether it was reached."""
    return f"{text}: {'reached' if holds else 'MISSED'}"
