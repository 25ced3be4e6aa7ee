"""The small files of a workbook around its sheets: formats of cells, properties, and what points to what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_PROGRAM = "application/vnd.openxmlformats-officedocument"
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
# The identifier that Office gives to all properties that are a user's own.
_CUSTOM = "{D5CDD505-2E9C-101B-9397-08002B2CF9AE}"
# The first number that a workbook may give to a number format of its own.
_OWN_FORMATS = 164
# A time that says nothing: the same content has the same bytes.
_CREATED = "2000-01-01T00:00:00Z"


@dataclass(frozen=True)
class Sheet:
    """A sheet as the workbook knows it; `area` is what can be filtered, such as `A1:C10`."""

    name: str
    area: str


def write_styles(formats: Sequence[str]) -> str:
    """Number formats, each of which is a style by its place among them; the last style is that of headers."""
    known = "".join(
        f'<numFmt numFmtId="{_OWN_FORMATS + index}" formatCode={quoteattr(code)}/>'
        for index, code in enumerate(formats)
    )
    styles = "".join(
        f'<xf numFmtId="{_OWN_FORMATS + index}" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
        for index in range(len(formats))
    )
    header = '<xf numFmtId="49" fontId="1" fillId="2" borderId="0" xfId="0" applyFont="1" applyFill="1"/>'
    font = '<sz val="11"/><name val="Calibri"/><family val="2"/>'
    grey = '<patternFill patternType="solid"><fgColor rgb="FFE7E6E6"/><bgColor indexed="64"/></patternFill>'
    return (
        f'{HEAD}<styleSheet xmlns="{MAIN}"><numFmts count="{len(formats)}">{known}</numFmts>'
        f'<fonts count="2"><font>{font}</font><font><b/>{font}</font></fonts>'
        '<fills count="3"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>'
        f"<fill>{grey}</fill></fills>"
        '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
        '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
        f'<cellXfs count="{len(formats) + 1}">{styles}{header}</cellXfs>'
        '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
    )


def write_workbook(sheets: Sequence[Sheet]) -> str:
    """The list of sheets; their filters are names that nobody sees."""
    listed, filters = "", ""
    for index, sheet in enumerate(sheets):
        listed += f'<sheet name={quoteattr(sheet.name)} sheetId="{index + 1}" r:id="rId{index + 1}"/>'
        area = "'" + sheet.name.replace("'", "''") + "'!" + _absolute(sheet.area)
        filters += (
            f'<definedName name="_xlnm._FilterDatabase" localSheetId="{index}" hidden="1">{escape(area)}</definedName>'
        )
    return (
        f'{HEAD}<workbook xmlns="{MAIN}" xmlns:r="{_OFFICE}/relationships">'
        f"<bookViews><workbookView/></bookViews><sheets>{listed}</sheets>"
        f"<definedNames>{filters}</definedNames></workbook>"
    )


def _absolute(area: str) -> str:
    ends = []
    for end in area.split(":"):
        letters = end.rstrip("0123456789")
        ends.append(f"${letters}${end[len(letters) :]}")
    return ":".join(ends)


def write_relations(targets: Sequence[tuple[str, str]]) -> str:
    """Which parts belong to another: the last word of each relation's type, and the part's path."""
    core = f"{_PACKAGE}/relationships/metadata/core-properties"
    told = "".join(
        f'<Relationship Id="rId{index + 1}" Type="{core if kind == "core" else f"{_OFFICE}/relationships/{kind}"}"'
        f' Target="{target}"/>'
        for index, (kind, target) in enumerate(targets)
    )
    return f'{HEAD}<Relationships xmlns="{_PACKAGE}/relationships">{told}</Relationships>'


def write_content_types(sheets: int) -> str:
    """What kind of part each file is."""
    parts = [
        ("/xl/workbook.xml", f"{_PROGRAM}.spreadsheetml.sheet.main+xml"),
        *((f"/xl/worksheets/sheet{n + 1}.xml", f"{_PROGRAM}.spreadsheetml.worksheet+xml") for n in range(sheets)),
        ("/xl/styles.xml", f"{_PROGRAM}.spreadsheetml.styles+xml"),
        ("/docProps/core.xml", "application/vnd.openxmlformats-package.core-properties+xml"),
        ("/docProps/custom.xml", f"{_PROGRAM}.custom-properties+xml"),
    ]
    told = "".join(f'<Override PartName="{path}" ContentType="{kind}"/>' for path, kind in parts)
    return (
        f'{HEAD}<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{told}</Types>'
    )


def write_core(title: str) -> str:
    """The properties that every document has."""
    return (
        f'{HEAD}<cp:coreProperties xmlns:cp="{_PACKAGE}/metadata/core-properties" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f"<dc:title>{escape(title)}</dc:title><dc:creator>tempdata</dc:creator>"
        f'<dcterms:created xsi:type="dcterms:W3CDTF">{_CREATED}</dcterms:created></cp:coreProperties>'
    )


def write_custom(properties: Mapping[str, str]) -> str:
    """Properties of our own, which spreadsheets show among those of the file."""
    told = "".join(
        f'<property fmtid="{_CUSTOM}" pid="{index + 2}" name={quoteattr(name)}><vt:lpwstr>{escape(text)}</vt:lpwstr></property>'
        for index, (name, text) in enumerate(properties.items())
    )
    return (
        f'{HEAD}<Properties xmlns="{_OFFICE}/custom-properties" xmlns:vt="{_OFFICE}/docPropsVTypes">{told}</Properties>'
    )
