"""No cell of an exported file is a formula to a spreadsheet: LibreOffice opens the files and says what it made of them."""

from __future__ import annotations

import shutil
import subprocess
import zipfile
from pathlib import Path
from xml.etree import ElementTree as ET

import pyarrow as pa
import pytest

from tests.unit.publish.databases.servers import miss
from tests.unit.publish.formats.files import File
from tests.unit.publish.formats.hostile import NAMES
from tests.unit.publish.nasty import TEXTS

OFFICE = "urn:oasis:names:tc:opendocument:xmlns:"
TABLE = f"{{{OFFICE}table:1.0}}"
TEXT = f"{{{OFFICE}text:1.0}}p"
FORMULAS = [text for text in TEXTS if text and text.lstrip("'")[:1] in tuple("=+-@\t\r")]
MORE = ["=1+1", "+1+1", "-1+1", "@SUM(1,1)", "=SUM(1;1)", "\t=1+1", "\r=1+1", "''=1+1", '=HYPERLINK("https://example.org")', "=1+1\n=2", '="a"&"b"',
        '=DDE("cmd";"/c calc";"x")', "+cmd|'/c calc'!A0", "{=1+1}", "=\u00a01+1"]  # fmt: skip
FILES: dict[str, tuple[str, dict[str, object]]] = {
    "safe.csv": ("csv", {}),
    "quoted.csv": ("csv", {"quoting": "all"}),
    "excel.csv": ("csv", {"dialect": "excel"}),
    "book.xlsx": ("excel", {}),
}


def triggers() -> pa.Table:
    """Text that a spreadsheet could take for a formula, in rows and in the names of columns; and negative numbers."""
    texts = FORMULAS + MORE
    columns = {"n": pa.array(range(-len(texts), 0)), "text": texts, "again": pa.array(texts).dictionary_encode()}
    names = [name for name in NAMES if name[:1] in tuple("=+-@'")][:20]
    return pa.table(columns | dict.fromkeys(names, texts))


@pytest.fixture(scope="module")
def office() -> str:
    found = shutil.which("soffice")
    # Other parts of LibreOffice come without the spreadsheet, and convert nothing with exit code 0.
    if found is None or not Path(found).resolve().with_name("libsclo.so").exists():
        miss("LibreOffice Calc", "apt-get install libreoffice-calc-nogui")
    return str(found)


def convert(office: str, folder: Path, names: list[str]) -> None:
    """All files in one call: starting LibreOffice takes most of the time."""
    command = [
        office,
        f"-env:UserInstallation=file://{folder}/profile",
        "--headless",
        "--norestore",
        "--convert-to",
        "ods",
        "--outdir",
        str(folder / "out"),
    ]
    # As it opens CSV by itself: comma, double quotes, UTF-8, and formulas evaluated, the least safe of its settings.
    filters = ["--infilter=CSV:44,34,76,1,,0,false,true,false,false,false,-1,true"] if names[0].endswith(".csv") else []
    done = subprocess.run(
        [*command, *filters, *(str(folder / name) for name in names)], capture_output=True, timeout=180, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    assert all((folder / "out" / name).with_suffix(".ods").exists() for name in names), done.stderr.decode()


def cells_of(path: Path) -> list[ET.Element]:
    with zipfile.ZipFile(path) as archive:
        return list(ET.fromstring(archive.read("content.xml")).iter(f"{TABLE}table-cell"))


def count_formulas(path: Path) -> int:
    return sum(f"{TABLE}formula" in cell.attrib for cell in cells_of(path))


def test_no_cell_is_a_formula(office, tmp_path):
    table = triggers()
    for name, (format_name, options) in FILES.items():
        (tmp_path / name).write_bytes(File(format_name, table, **options).data)
    (tmp_path / "raw.csv").write_bytes(File("csv", table, formulas="raw").data)
    convert(office, tmp_path, [*(name for name in FILES if name.endswith(".csv")), "raw.csv"])
    convert(office, tmp_path, [name for name in FILES if not name.endswith(".csv")])
    out = tmp_path / "out"
    found = {name: count_formulas((out / name).with_suffix(".ods")) for name in FILES}
    assert found == dict.fromkeys(FILES, 0)
    # The same rows without the apostrophes: LibreOffice does look for formulas.
    assert count_formulas(out / "raw.ods") > 10
    for name in FILES:
        cells = cells_of((out / name).with_suffix(".ods"))
        texts = {"\n".join("".join(line.itertext()) for line in cell.iter(TEXT)) for cell in cells}
        assert len(texts) > len(FORMULAS)
        numbers = [cell for cell in cells if cell.get(f"{{{OFFICE}office:1.0}}value-type") == "float"]
        assert len(numbers) == len(table)
