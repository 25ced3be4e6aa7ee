"""Rewrites the pinned hashes of the contract cases, or prints the present ones.

    python -m tests.contracts.update_golden             rewrite all
    python -m tests.contracts.update_golden integer     rewrite some
    python -m tests.contracts.update_golden --print     print all as JSON, write nothing

A changed hash is changed data: say so in CHANGELOG.md and raise the kind's `version`.
"""

from __future__ import annotations

import json
import sys

from tempdata_dagster.generators import KINDS
from tests.contracts.cases import case_path, golden_of, hash_case, write_golden


def update(kinds: list[str]) -> None:
    for kind in kinds:
        before, hashes = golden_of(kind), hash_case(kind)
        changed = [name for name in hashes if name in before and before[name] != hashes[name]]
        if hashes != before:
            write_golden(kind, hashes)
            print(f"{kind}: {len(hashes)} columns" + (f", CHANGED: {', '.join(changed)}" if changed else ""))


if __name__ == "__main__":
    chosen = [one for one in sys.argv[1:] if not one.startswith("-")]
    cased = chosen or [kind for kind in KINDS if case_path(kind).exists()]
    if "--print" in sys.argv:
        json.dump({kind: hash_case(kind) for kind in cased}, sys.stdout)
    else:
        update(cased)
