"""Rewrites the pinned hashes of the contract cases, or prints the present ones.

    python -m tests.contracts.update_golden             rewrite all
    python -m tests.contracts.update_golden integer     rewrite some, of kinds and of modifiers
    python -m tests.contracts.update_golden --print     print all as JSON, write nothing

A changed hash is changed data: say so in CHANGELOG.md and raise the kind's `version`.
"""

from __future__ import annotations

import json
import sys

from tempdata_dagster.generators import KINDS
from tempdata_dagster.modifiers import MODIFIERS
from tests.contracts import modifier_cases
from tests.contracts.cases import case_path, golden_of, hash_case, write_golden


def update(kinds: list[str]) -> None:
    for kind in kinds:
        before, hashes = golden_of(kind), hash_case(kind)
        changed = [name for name in hashes if name in before and before[name] != hashes[name]]
        if hashes != before:
            write_golden(kind, hashes)
            print(f"{kind}: {len(hashes)} columns" + (f", CHANGED: {', '.join(changed)}" if changed else ""))


def update_modifiers(kinds: list[str]) -> None:
    for kind in kinds:
        before, hashes = modifier_cases.golden_of(kind), modifier_cases.hash_case(kind)
        changed = [name for name in hashes if name in before and before[name] != hashes[name]]
        if hashes != before:
            modifier_cases.write_golden(kind, hashes)
            print(f"modifier {kind}: {len(hashes)} columns" + (f", CHANGED: {', '.join(changed)}" if changed else ""))


if __name__ == "__main__":
    chosen = [one for one in sys.argv[1:] if not one.startswith("-")]
    modified = chosen or list(MODIFIERS)
    modified = [kind for kind in modified if kind in MODIFIERS and modifier_cases.case_path(kind).exists()]
    cased = [kind for kind in chosen or KINDS if kind in KINDS and case_path(kind).exists()]
    if "--print" in sys.argv:
        changed = {f"modifier {kind}": modifier_cases.hash_case(kind) for kind in modified}
        json.dump({kind: hash_case(kind) for kind in cased} | changed, sys.stdout)
    else:
        update(cased)
        update_modifiers(modified)
