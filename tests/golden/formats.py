"""The bytes of formats that are made of text: one small table of every type, in each dialect and notation.

`python -m tests.golden.formats` rewrites formats.json. A changed hash is a file that is written otherwise: say so in
CHANGELOG.md. Compressed files are not pinned: their bytes are up to the version of zlib and zstd.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from tempdata_dagster.publish.formats import FileLabel
from tempdata_dagster.publish.keys import TableKeys
from tests.unit.publish.formats.files import File
from tests.unit.publish.formats.storable import storable
from tests.unit.publish.nasty import nasty_table

PINNED = Path(__file__).with_suffix(".json")
LABEL = FileLabel({"fingerprint": "f1"}, TableKeys(unique=("int64",)), "shop", "orders")
CASES: dict[str, dict[str, dict[str, Any]]] = {
    "csv": {
        "default": {},
        "quoted": {"quoting": "all"},
        "backslash": {"escape": "backslash", "null": "NULL", "header": False},
        **{name: {"dialect": name} for name in ("excel", "unix", "tsv", "postgres", "mysql")},
    },
    "json": {"default": {}, "omit": {"nulls": "omit", "numbers": "strings", "decimals": "numbers"}},
    "jsonl": {"default": {}, "omit": {"nulls": "omit", "numbers": "strings", "decimals": "numbers"}},
    "sql": {name: {"dialect": name, "rows_per_statement": 10} for name in ("ansi", "mysql", "postgresql", "sqlite")},
}


def hash_files(name: str) -> dict[str, str]:
    """The SHA-256 of the file, for every case of a format."""
    hashes = {}
    for case, options in CASES[name].items():
        table = storable(nasty_table(), case) if name == "sql" else nasty_table()
        hashes[case] = hashlib.sha256(File(name, table, None, LABEL, **options).data).hexdigest()
    return hashes


def pinned() -> dict[str, dict[str, str]]:
    """The hashes that are kept, by format and case."""
    return json.loads(PINNED.read_text(encoding="utf-8"))


if __name__ == "__main__":
    PINNED.write_text(json.dumps({name: hash_files(name) for name in CASES}, indent=2) + "\n", encoding="utf-8")
