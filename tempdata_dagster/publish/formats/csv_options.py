"""The options of CSV, and the dialects: what readers of one program expect."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import field_validator, model_validator

from tempdata_dagster.publish.formats.cells import Style
from tempdata_dagster.publish.formats.compression import CompressedOptions

# Letters that are in no number, moment, truth value, base64 or name of a float.
DELIMITERS = ",;|\t^~#"
# Text that a spreadsheet would compute, and text that is such text behind apostrophes already.
TRIGGERS = "=+-@\t\r"
FORMULA = "^'*[=+\\-@\t\r]"
DIALECTS: dict[str, dict[str, Any]] = {
    "excel": {"line_ending": "crlf", "bom": True},
    "unix": {"quoting": "all"},
    "tsv": {"delimiter": "\t"},
    "postgres": {"formulas": "raw", "binary": "hex"},
    "mysql": {"formulas": "raw", "escape": "backslash", "null": "\\N", "timestamps": "plain", "booleans": "digits"},
}


class CsvOptions(CompressedOptions):
    r"""The options of CSV.

    Attributes:
        dialect: Other defaults for all that follows: `excel` (line ends CR LF, byte order mark), `unix` (all quoted), `tsv`,
            `postgres` (`COPY ... CSV`) and `mysql` (`LOAD DATA`).
        delimiter: Between two cells: one of `,;|^~#` or a tab.
        quoting: `minimal` quotes text that would be read as something else; `all` quotes whatever is not null.
        escape: Quotation marks within quotes are `doubled`, or have a `backslash` before them, as backslashes then have.
        line_ending: `lf` or `crlf`.
        header: The first line holds the columns' names.
        null: Null, which is never quoted; text that reads like it is.
        bom: The file begins with a byte order mark, by which Excel knows UTF-8.
        formulas: `safe` writes `'` before text that a spreadsheet would take for a formula, `raw` writes it as it is.
        binary: Bytes as `base64`, or as `hex` after `\x`.
        timestamps: `iso` (`2026-01-31T12:00:00.000000Z`), or `plain` (`2026-01-31 12:00:00.000000`), both in UTC.
        booleans: `words` (`true`, `false`) or `digits` (`1`, `0`).
    """

    dialect: Literal["excel", "unix", "tsv", "postgres", "mysql"] | None = None
    delimiter: str = ","
    quoting: Literal["minimal", "all"] = "minimal"
    quote: Literal['"', "'"] = '"'
    escape: Literal["doubled", "backslash"] = "doubled"
    line_ending: Literal["lf", "crlf"] = "lf"
    header: bool = True
    null: Literal["", "\\N", "NULL", "null", "NA"] = ""
    bom: bool = False
    formulas: Literal["safe", "raw"] = "safe"
    binary: Literal["base64", "hex"] = "base64"
    timestamps: Literal["iso", "plain"] = "iso"
    booleans: Literal["words", "digits"] = "words"

    @model_validator(mode="before")
    @classmethod
    def _apply_dialect(cls, given: Any) -> Any:
        dialect = given.get("dialect") if isinstance(given, dict) else None
        return {**DIALECTS[dialect], **given} if isinstance(dialect, str) and dialect in DIALECTS else given

    @field_validator("delimiter")
    @classmethod
    def _check_delimiter(cls, delimiter: str) -> str:
        if len(delimiter) != 1 or delimiter not in DELIMITERS:
            raise ValueError("a delimiter is one of , ; | ^ ~ # and a tab")
        return delimiter

    @model_validator(mode="after")
    def _check_null(self) -> Self:
        if self.null == "\\N" and self.escape != "backslash":
            raise ValueError("null is \\N only where backslashes escape: choose escape: backslash")
        return self

    @property
    def end(self) -> str:
        """What ends a line."""
        return "\n" if self.line_ending == "lf" else "\r\n"

    @property
    def style(self) -> Style:
        """How values are spelled."""
        plain, digits = self.timestamps == "plain", self.booleans == "digits"
        return Style(
            between=" " if plain else "T",
            zone="" if plain else "Z",
            true="1" if digits else "true",
            false="0" if digits else "false",
            binary=self.binary,
        )
