"""Names of columns in formats that do not take every name."""

from __future__ import annotations

import re
from collections.abc import Sequence


def valid_names(names: Sequence[str]) -> list[str]:
    """Names of letters, digits and `_`, each another one; those that are so already stay as they are."""
    taken = {name for name in names if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name)}
    seen: set[str] = set()
    valid = []
    for name in names:
        base = name if name in taken and name not in seen else re.sub(r"[^A-Za-z0-9_]", "_", name)[:60] or "_"
        base = f"_{base}" if base[0].isdigit() else base
        chosen, number = base, 2
        while chosen in seen or (chosen != name and chosen in taken):
            chosen, number = f"{base}_{number}", number + 1
        seen.add(chosen)
        valid.append(chosen)
    return valid
