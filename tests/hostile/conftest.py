"""The bad dataset files: `cases/*.yaml`, and some that only bytes can say.

The first line of a case tells what is expected: `# expect: TD1017 line 7: words of the message`. Cases named `spec_...` are
refused while they are loaded, `plan_...` at the latest when their columns are bound.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

SHARING = 20
CASES = Path(__file__).parent / "cases"
_EXPECT = re.compile(r"# expect: (TD\d*) line (\d+):\s?(.*)")
_VALID = b"dataset: hostile\ntables: {t: {rows: 1, columns: {x: {kind: key}}}}\n"


@dataclass(frozen=True)
class Case:
    """A bad file.

    Attributes:
        code: The code, or the letters it begins with.
        line: The line of the problem; 0 when it is the file as a whole.
        words: Part of the message.
        content: The bytes to write; None for a file of `cases/`.
    """

    name: str
    code: str
    line: int
    words: str
    content: bytes | None = None


MADE = (
    Case("empty", "TD1014", 1, "the file is empty", b""),
    Case("utf16", "TD1013", 1, "UTF-16", _VALID.decode().encode("utf-16")),
    Case("byte_order_mark", "TD1013", 1, "byte order mark", b"\xef\xbb\xbf" + _VALID),
    Case("latin_1", "TD1013", 3, "not UTF-8", _VALID + b"# caf\xe9\n"),
    Case("encoded_surrogate", "TD1013", 3, "not UTF-8", _VALID + b"# \xed\xa0\x80\n"),
    Case("nul_byte", "TD1013", 3, "control character 0x00", _VALID + b"# \0\n"),
    Case("escape_byte", "TD1013", 3, "control character 0x1b", _VALID + b"# \x1b[31m\n"),
    Case("six_megabytes", "TD1011", 0, "larger than", _VALID + b"#" * 6_000_000),
    Case("values_300000", "TD1011", 2, "values in one file", b"dataset: hostile\ntags: [" + b"1," * 300_000 + b"1]\n"),
    Case("keys_40000", "TD1020", 2, "unknown key", b"dataset: hostile\n" + b"".join(b"k%d: 1\n" % n for n in range(40_000))),
    Case("columns_10000", "TD1011", 5, "columns", b"dataset: hostile\ntables:\n  t:\n    rows: 1\n    columns:\n"
         + b"".join(b"      c%d: {kind: key}\n" % n for n in range(10_000))),
    Case("one_line_5mb", "TD1024", 1, "is not a name", b"dataset: " + b"x" * 4_900_000 + b"\n"),
    Case("half_of_a_file", "TD1012", 2, "ends in the middle", _VALID[:50]),
)  # fmt: skip


def read_cases(prefix: str) -> list[Case]:
    """The cases whose file name begins so."""
    cases = []
    for file in sorted(CASES.glob(f"{prefix}*.yaml")):
        match = _EXPECT.fullmatch(file.read_text(encoding="utf-8").split("\n", 1)[0])
        assert match, f"{file}: the first line is not '# expect: TD1234 line 5: words'"
        cases.append(Case(file.stem, match[1], int(match[2]), match[3]))
    return cases


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    for name, cases in (("spec_case", [*read_cases("spec_"), *MADE]), ("plan_case", read_cases("plan_"))):
        if name in metafunc.fixturenames:
            metafunc.parametrize(name, cases, ids=[case.name for case in cases])
    if "some_cases" in metafunc.fixturenames:
        cases = read_cases("")
        # A process takes a second to start: small files share one. The heavy variant gives each its own.
        size = 1 if os.environ.get("TEMPDATA_TORTURE") else SHARING
        batches = [cases[start : start + size] for start in range(0, len(cases), size)] + [[case] for case in MADE]
        metafunc.parametrize("some_cases", batches, ids=[f"{batch[0].name}..{batch[-1].name}" for batch in batches])


@pytest.fixture
def file_of(tmp_path):
    """The file of a case."""

    def place(case: Case) -> Path:
        if case.content is None:
            return CASES / f"{case.name}.yaml"
        file = tmp_path / f"{case.name}.yaml"
        file.write_bytes(case.content)
        return file

    return place
