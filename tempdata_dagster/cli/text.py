"""Tables and numbers as plain text."""

from __future__ import annotations

from collections.abc import Sequence

from tempdata_dagster.cli.report import escape

_UNITS = ("B", "kB", "MB", "GB", "TB")


def format_table(header: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> list[str]:
    """Aligned columns under a header.

    Args:
        header: The columns' names.
        rows: As many cells each.
        right: The columns (0-based) that are aligned to the right.
    """
    cells = [[escape(cell) for cell in row] for row in (header, *rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(header))]
    lines = []
    for row in cells:
        aligned = [
            cell.rjust(width) if column in right else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(aligned).rstrip())
    lines.insert(1, "  ".join("-" * width for width in widths))
    return lines


def format_bytes(count: int) -> str:
    """`1.5 MB` of 1 500 000."""
    amount = float(count)
    for unit in _UNITS[:-1]:
        if amount < 1000:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} {_UNITS[-1]}"


def count_of(number: int, noun: str) -> str:
    """`1 table`, `2 tables`."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")
