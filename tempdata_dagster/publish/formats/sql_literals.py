r"""Values as literals of SQL, column by column, and back.

Each dialect says what stands before and after the text of a value (`X'` and `'`), how text is quoted, and what it cannot
hold: NUL in text of PostgreSQL, NaN in MySQL. Nothing of a value can end its literal: quotation marks are doubled, and
backslashes too where they escape. Line ends are written such that no client changes them: `mysql` and `sqlite3` drop the
carriage return of CR LF, also within quotes.
"""

from __future__ import annotations

import re
from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tempdata_dagster.publish.formats.cells import CellError, Style, encode_words, settle, texts_of
from tempdata_dagster.publish.formats.json_cells import JsonStyle, spell
from tempdata_dagster.publish.formats.reading import from_json, load_json, parse_texts
from tempdata_dagster.publish.formats.rows import join, rows_with
from tempdata_dagster.publish.sql.base import Dialect, family_of, plain_type

_JSON = JsonStyle()
_QUOTED = ("text", "date", "time", "timestamp", "list", "struct", "blob")


class Literals:
    """The literals of the standard.

    Args:
        dialect: Whose types they are of.
    """

    style: ClassVar[Style] = Style(between=" ", zone="+00:00", true="TRUE", false="FALSE", binary="hex")
    name: ClassVar[str] = "SQL"
    before: ClassVar[dict[str, str]] = {"date": "DATE '", "time": "TIME '", "timestamp": "TIMESTAMP '", "blob": "X'"}
    after: ClassVar[dict[str, str]] = {}
    # What text cannot hold; and which bytes end a run of letters within a literal, with what stands for them.
    refused: ClassVar[str] = "\0"
    escapes: ClassVar[dict[str, str]] = {"'": "''"}
    text: ClassVar[str] = r"'(?:[^']++|'')*+'"

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect

    def ends(self, kind: pa.DataType) -> tuple[str, str]:
        """What stands before and after the text of a value of this type."""
        family = family_of(kind)
        quote = "'" if family in _QUOTED else ""
        return self.before.get(family, quote), self.after.get(family, quote)

    def write(self, cells: pa.Array) -> pa.Array:
        """The literal of each value; null stays null.

        Raises:
            CellError: The database cannot hold a value.
        """
        cells = settle(cells)
        kind, family = cells.type, family_of(cells.type)
        if pa.types.is_dictionary(kind):
            return encode_words(cells, self.write)
        if family == "float":
            return self._write_floats(cells)
        if family in ("list", "struct"):
            return self._write_nested(cells)
        texts = self._escape(cells) if family == "text" else texts_of(cells, self.style)
        before, after = self.ends(kind)
        return join([before, texts, after]) if before else texts

    def read(self, literals: pa.Array, kind: pa.DataType) -> pa.Array:
        """The values of literals.

        Raises:
            pyarrow.ArrowInvalid: One is no value of this type.
        """
        value, family = plain_type(kind), family_of(kind)
        before, after = self.ends(value)
        if family == "float":
            texts = self._read_floats(literals)
        else:
            stop = -len(after) if after else None
            texts = pc.utf8_slice_codeunits(literals, len(before), stop) if before else literals
        if family == "text":
            texts = self._unescape(texts)
        if family in ("list", "struct"):
            documents = [None if text is None else load_json(text) for text in self._unescape(texts).to_pylist()]
            return from_json(documents, value)
        return parse_texts(texts, kind, "hex")

    def pattern(self, kind: pa.DataType) -> str:
        """A regular expression of the literals of this type."""
        family = family_of(kind)
        before, after = self.ends(plain_type(kind))
        if family in ("text", "list", "struct"):
            return f"{re.escape(before[:-1])}{self.text}{re.escape(after[1:])}"
        if family == "float":
            return r"(?:[-+0-9.e]++|'[A-Za-z0-]++'::float8)"
        return f"{re.escape(before)}[^']*+{re.escape(after)}" if before else "[^,()' ]++"

    def _write_floats(self, cells: pa.Array) -> pa.Array:
        self._refuse_floats(cells, infinities=True)
        texts = texts_of(cells, self.style)
        # With an exponent it is a float; without one a decimal, which has other limits and no -0.
        return pc.if_else(pc.match_substring(texts, "e"), texts, join([texts, "e0"]))

    def _read_floats(self, literals: pa.Array) -> pa.Array:
        return literals

    def _refuse_floats(self, cells: pa.Array, *, infinities: bool) -> None:
        numbers = pc.fill_null(cells.cast(pa.float64()), 0.0).to_numpy(zero_copy_only=False)
        wrong = ~np.isfinite(numbers) if infinities else np.isnan(numbers)
        if wrong.any():
            what = "NaN or an infinity" if infinities else "NaN"
            raise CellError(int(np.flatnonzero(wrong)[0]), f"{what} of {self.name}")

    def _write_nested(self, cells: pa.Array) -> pa.Array:
        before, after = self.ends(cells.type)
        return join([before, self._escape(spell(cells, _JSON).texts), after])

    def _escape(self, texts: pa.Array) -> pa.Array:
        if self.refused:
            wrong = rows_with(texts, self.refused)
            if wrong.any():
                raise CellError(
                    int(np.flatnonzero(wrong)[0]), f"NUL in text of {self.name}", "keep NUL out of the text"
                )
        found = pa.array(rows_with(texts, "".join(self.escapes)))
        if not found.true_count:
            return texts
        changed = texts.filter(found)
        for letter, written in self.escapes.items():
            changed = pc.replace_substring(changed, letter, written)
        return pc.replace_with_mask(texts, found, changed)

    def _unescape(self, texts: pa.Array) -> pa.Array:
        return pc.replace_substring(texts, "''", "'")


class PostgreSQLLiterals(Literals):
    """PostgreSQL with `standard_conforming_strings`, which every file sets; lists of scalars are arrays."""

    style: ClassVar = Style(
        between=" ", zone="+00:00", binary="hex",
        nan="'NaN'::float8", infinity="'Infinity'::float8", minus_infinity="'-Infinity'::float8",
    )  # fmt: skip
    name = "PostgreSQL"
    before: ClassVar = {"blob": "'\\x"}
    after: ClassVar = {"struct": "'::jsonb", "list": "'::jsonb"}

    def _write_floats(self, cells: pa.Array) -> pa.Array:
        texts = texts_of(cells, self.style)
        return pc.if_else(pc.equal(texts, "-0"), "'-0'::float8", texts)

    def _read_floats(self, literals: pa.Array) -> pa.Array:
        return pc.replace_substring_regex(literals, "^'(.*)'::float8$", r"\1")

    def _write_nested(self, cells: pa.Array) -> pa.Array:
        written = self._dialect.type_of(cells.type)
        if not written.endswith("[]"):
            texts = spell(cells, _JSON).texts
            wrong = pc.fill_null(pc.match_substring_regex(texts, r"(?:^|[^\\])(?:\\\\)*\\u0000"), fill_value=False)
            if wrong.true_count:
                row = pc.index(wrong, value=True).as_py()
                raise CellError(row, "NUL in jsonb of PostgreSQL", "keep NUL out of the text")
            return join(["'", self._escape(texts), "'::jsonb"])
        lengths = pc.fill_null(pc.list_value_length(cells), 0).to_numpy(zero_copy_only=False)
        ends = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
        try:
            elements = pc.fill_null(self.write(cells.flatten()), "NULL")
        except CellError as error:
            row = int(np.searchsorted(ends, error.row, side="right")) - 1
            raise CellError(row, error.reason, error.hint) from None
        joined = pc.binary_join(pa.ListArray.from_arrays(pa.array(ends), settle(elements)), ", ")
        arrays = join(["ARRAY[", joined, f"]::{written}"])
        return pc.if_else(cells.is_valid(), arrays, None) if cells.null_count else arrays

    def pattern(self, kind: pa.DataType) -> str:
        """As `Literals.pattern`; arrays by their brackets."""
        written = self._dialect.type_of(kind)
        if not written.endswith("[]"):
            return super().pattern(kind)
        return rf"ARRAY\[(?:[^\[\]']++|{self.text})*+\]::{re.escape(written)}"

    def read(self, literals: pa.Array, kind: pa.DataType) -> pa.Array:
        """As `Literals.read`; arrays element by element."""
        written = self._dialect.type_of(kind)
        if not written.endswith("[]"):
            return super().read(literals, kind)
        element = re.compile(rf"(?:NULL|({self.pattern(kind.value_type)}))(?:, |$)", re.DOTALL)
        arrays = [
            None if text is None else [found[1] for found in element.finditer(text[6 : -len(written) - 3]) if found[0]]
            for text in literals.to_pylist()
        ]
        ends = np.concatenate([[0], np.cumsum([len(one or ()) for one in arrays])]).astype(np.int32)
        elements = self.read(pa.array([text for one in arrays for text in one or ()], pa.string()), kind.value_type)
        missing = pa.array([one is None for one in arrays], pa.bool_())
        lists = pa.ListArray.from_arrays(pa.array(ends), elements, mask=missing)
        return pa.array(lists.to_pylist(), kind) if pa.types.is_fixed_size_list(kind) else lists.cast(kind)


class MySQLLiterals(Literals):
    """MySQL and MariaDB, whose backslashes escape; moments with a zone are in UTC, and say no zone."""

    style: ClassVar = Style(between=" ", zone="", binary="hex")
    name = "MySQL"
    before: ClassVar = {"blob": "X'"}
    refused = ""
    # The backslash first: those that follow bring backslashes of their own.
    escapes: ClassVar = {"\\": "\\\\", "'": "''", "\0": "\\0", "\r": "\\r", "\n": "\\n", "\x1a": "\\Z"}
    text = r"'(?:[^'\\]++|''|\\.)*+'"

    def ends(self, kind: pa.DataType) -> tuple[str, str]:
        """As `Literals.ends`; decimals with many digits after the point are text."""
        if pa.types.is_decimal(kind) and not self._dialect.type_of(kind).startswith("decimal"):
            return "'", "'"
        return super().ends(kind)

    def read(self, literals: pa.Array, kind: pa.DataType) -> pa.Array:
        """As `Literals.read`; moments with a zone are in UTC."""
        if pa.types.is_timestamp(plain_type(kind)) and plain_type(kind).tz:
            return parse_texts(join([pc.utf8_slice_codeunits(literals, 1, -1), "Z"]), kind)
        return super().read(literals, kind)

    def _unescape(self, texts: pa.Array) -> pa.Array:
        plain = {written: letter for letter, written in self.escapes.items()}
        tokens = re.compile("|".join(map(re.escape, plain)))
        found = pa.array(rows_with(texts, "\\'"))
        changed = [tokens.sub(lambda match: plain[match[0]], text) for text in texts.filter(found).to_pylist()]
        return pc.replace_with_mask(texts, found, pa.array(changed, pa.string())) if changed else texts


class SQLiteLiterals(Literals):
    """SQLite; text that a client would cut or change is bytes that are cast."""

    style: ClassVar = Style(
        between=" ", zone="+00:00", true="1", false="0", binary="hex", point=True, infinity="9e999", minus_infinity="-9e999"
    )  # fmt: skip
    name = "SQLite"
    before: ClassVar = {"blob": "X'"}
    refused = ""
    text = r"(?:'(?:[^']++|'')*+'|CAST\(X'[0-9a-f]*+' AS TEXT\))"

    def ends(self, kind: pa.DataType) -> tuple[str, str]:
        """As `Literals.ends`; decimals and integers over 2^63 - 1 are text."""
        return ("'", "'") if pa.types.is_decimal(kind) or pa.types.is_uint64(kind) else super().ends(kind)

    def pattern(self, kind: pa.DataType) -> str:
        """As `Literals.pattern`."""
        return self.text if family_of(kind) in ("text", "list", "struct") else super().pattern(kind)

    def write(self, cells: pa.Array) -> pa.Array:
        """As `Literals.write`."""
        cells = settle(cells)
        if family_of(cells.type) != "text" or pa.types.is_dictionary(cells.type):
            return super().write(cells)
        odd = pa.array(rows_with(cells, "\0\r"))
        literals = join(["'", self._escape(cells), "'"])
        if not odd.true_count:
            return literals
        digits = texts_of(cells.filter(odd).cast(pa.binary()), self.style)
        return pc.replace_with_mask(literals, odd, join(["CAST(X'", digits, "' AS TEXT)"]))

    def read(self, literals: pa.Array, kind: pa.DataType) -> pa.Array:
        """As `Literals.read`."""
        if family_of(kind) == "text":
            odd = pc.fill_null(pc.starts_with(literals, "C"), fill_value=False)
            if odd.true_count:
                digits = pc.utf8_slice_codeunits(literals.filter(odd), 7, -10)
                plain = parse_texts(digits, pa.binary(), "hex").cast(pa.string())
                quoted = join(["'", pc.replace_substring(plain, "'", "''"), "'"])
                literals = pc.replace_with_mask(literals, odd, quoted)
        return super().read(literals, kind)

    def _write_floats(self, cells: pa.Array) -> pa.Array:
        self._refuse_floats(cells, infinities=False)
        return texts_of(cells, self.style)

    def _read_floats(self, literals: pa.Array) -> pa.Array:
        return pc.replace_substring(literals, "9e999", "Infinity")


LITERALS: dict[str, type[Literals]] = {
    "ansi": Literals,
    "postgresql": PostgreSQLLiterals,
    "mysql": MySQLLiterals,
    "sqlite": SQLiteLiterals,
}
