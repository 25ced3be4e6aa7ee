"""A random dataset and its tables while they are drawn."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Draft:
    """A table as far as it is drawn.

    Attributes:
        source: What its rows are: `static`, `file`, `period`, `child` or `grid`.
        parent: The table that its rows hang on.
        period: The partition length of its root; None when static.
        late: Whether rows land later than their root's.
        links: Reference columns, each with its table.
    """

    name: str
    source: str
    rows: Any
    parent: str | None = None
    period: str | None = None
    late: bool = False
    depth: int = 0
    key: list[str] = field(default_factory=list)
    columns: dict[str, dict[str, Any]] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)

    def of_kind(self, *kinds: str) -> list[str]:
        """Names of the columns of these kinds."""
        return [name for name, column in self.columns.items() if column["kind"] in kinds]


@dataclass
class Wild:
    """A random dataset.

    Attributes:
        tree: The dataset file as a tree.
        drafts: Its tables.
        days: How many days after the start its checks look at.
    """

    tree: dict[str, Any]
    drafts: dict[str, Draft]
    days: int
