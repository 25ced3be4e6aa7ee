"""SQL scalar expressions: parsed by DuckDB itself, checked against an allow-list, run on a block's Arrow data.

The connection has no access to files, settings or extensions. Functions whose last bits depend on the machine (exp, ln, pow,
sin ...) or on the moment (now, random) are not on the list.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from tempdata_dagster.core.errors import GenerationError
from tempdata_dagster.core.registry import closest
from tempdata_dagster.engine.arrays import plain
from tempdata_dagster.engine.nullness import can_be_null
from tempdata_dagster.engine.types import TIMESTAMP

if TYPE_CHECKING:
    import duckdb

MAX_LENGTH = 2_000
MAX_NODES = 500
MAX_PADDING = 1_000
_PADDED = frozenset({"lpad", "rpad"})
_CLASSES = frozenset(
    {"COLUMN_REF", "CONSTANT", "FUNCTION", "COMPARISON", "CONJUNCTION", "CASE", "CAST", "OPERATOR", "BETWEEN", "TYPE"}
)
_ALLOWED = """
+ - * / // % || ~~ !~~ ~~* !~~* abs ceil ceiling floor round trunc sign sqrt mod greatest least coalesce ifnull nullif
if lower upper trim ltrim rtrim length len strlen substr substring left right replace concat concat_ws contains
starts_with prefix suffix ends_with strpos instr position reverse lpad rpad ascii chr md5 sha256 year quarter month
day hour minute second week weekday isodow dayofweek dayofyear dayofmonth date_trunc datetrunc date_part datepart
date_diff datediff date_add last_day make_date strftime monthname dayname to_years to_months to_weeks to_days to_hours
to_minutes to_seconds epoch epoch_ms epoch_us isfinite isnan regexp_matches regexp_full_match regexp_replace
regexp_extract ~~~
"""
_FUNCTIONS = frozenset(_ALLOWED.split())


class ExpressionError(ValueError):
    """The expression is not allowed, or is wrong.

    Attributes:
        hint: What to do about it.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


@dataclass(frozen=True)
class Expression:
    """An expression that may run.

    Attributes:
        sql: Its text.
        columns: The columns that it reads, in order of appearance.
        root: Its syntax tree.
    """

    sql: str
    columns: tuple[str, ...]
    root: dict[str, Any] = field(repr=False, compare=False)

    def can_be_null(self, columns: Collection[str]) -> bool:
        """Whether it can be null when these of its columns can."""
        return can_be_null(self.root, frozenset(name.casefold() for name in columns))

    def result_type(self, types: Mapping[str, pa.DataType]) -> pa.DataType:
        """The Arrow type of its result over columns of these types.

        Raises:
            ExpressionError: It does not fit the columns' types.
        """
        import duckdb

        empty = {name: pa.array([], type=_plain_type(types[name])) for name in self.columns}
        try:
            found = self._run(empty, 0).type
        except duckdb.Error as error:
            raise ExpressionError(_first_line(error)) from None
        if pa.types.is_nested(found) or pa.types.is_interval(found):
            raise ExpressionError(f"the result is a {found}, not a plain value")
        return found

    def evaluate(self, cells: Mapping[str, pa.Array], rows: int, column: str) -> pa.Array:
        """Its value for each row.

        Args:
            cells: The columns that it reads, each of `rows` cells.
            rows: How many rows there are.
            column: What it is computed for, for messages.

        Raises:
            GenerationError: TD2103 when a row's value cannot be computed (an overflow, a bad cast).
        """
        import duckdb

        try:
            return self._run({name: plain(cells[name]) for name in self.columns}, rows)
        except duckdb.Error as error:
            raise GenerationError("TD2103", f"the expression of '{column}' failed: {_first_line(error)}") from None

    def _run(self, cells: Mapping[str, pa.Array], rows: int) -> pa.Array:
        connection = connect(threading.get_ident())
        columns = dict(cells) or {"__rows": pa.nulls(rows, pa.int8())}
        # As a relation, which costs a third less than a registered view: most of a block's time is DuckDB's preparation.
        result = connection.from_arrow(pa.table(columns)).project(f"({self.sql}\n) AS value").to_arrow_table()
        array = result["value"].combine_chunks()
        array = array if isinstance(array, pa.Array) else pa.concat_arrays(array.chunks)
        return array.cast(TIMESTAMP) if pa.types.is_timestamp(array.type) else array


@lru_cache(maxsize=16)
def connect(thread: int) -> duckdb.DuckDBPyConnection:
    """A DuckDB connection of this thread without access to anything but what is registered with it."""
    import duckdb

    del thread
    connection = duckdb.connect(config={"threads": 1, "python_enable_replacements": False})
    for setting in ("TimeZone = 'UTC'", "enable_external_access = false", "lock_configuration = true"):
        connection.execute(f"SET {setting}").fetchall()
    return connection


def parse_expression(text: str, known: list[str]) -> Expression:
    """An expression, checked.

    Args:
        text: A SQL scalar expression.
        known: The columns that it may read.

    Raises:
        ExpressionError: It is no scalar expression, uses something that is not on the list, or names an unknown column.
    """
    if len(text) > MAX_LENGTH:
        raise ExpressionError(f"the expression is longer than {MAX_LENGTH} characters")
    root = _parse(text)
    names = {name.casefold(): name for name in known}
    columns: dict[str, None] = {}
    for count, node in enumerate(_walk(root)):
        if count >= MAX_NODES:
            raise ExpressionError(f"the expression has more than {MAX_NODES} parts")
        _check_node(node)
        if node["class"] == "COLUMN_REF":
            path = node["column_names"]
            if len(path) != 1 or path[0].casefold() not in names:
                raise ExpressionError(f"there is no column '{'.'.join(path)}' here", closest(path[-1], known))
            columns[names[path[0].casefold()]] = None
    return Expression(text, tuple(columns), root)


def _parse(text: str) -> dict[str, Any]:
    cursor = connect(threading.get_ident()).execute("SELECT json_serialize_sql(?)", [f"SELECT ({text}\n) AS value"])
    try:
        parsed = json.loads(cursor.fetchall()[0][0])
    except RecursionError:
        raise ExpressionError("the expression is nested too deeply", "split it over helper columns") from None
    if parsed.get("error"):
        detail = str(parsed.get("error_message", "")).splitlines()[0][:200]
        raise ExpressionError(
            f"not a SQL expression: {detail}", 'put a column named like a SQL keyword in quotes: "at"'
        )
    statements = parsed["statements"]
    node = statements[0]["node"]
    selected = node.get("select_list", [])
    lonely = (
        len(statements) == 1
        and node["type"] == "SELECT_NODE"
        and len(selected) == 1
        and selected[0].get("alias") == "value"
        and node["from_table"]["type"] == "EMPTY"
        and not any(
            node.get(part) for part in ("where_clause", "having", "qualify", "sample", "modifiers", "group_expressions")
        )
        and not node["cte_map"]["map"]
    )
    if not lonely:
        raise ExpressionError("only one scalar expression is allowed, no query", "write it as in a SELECT list")
    return dict(selected[0])


def _walk(root: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """All nodes of a syntax tree from left to right; without recursion, since long sums are deep trees."""
    pending: list[Any] = [root]
    while pending:
        node = pending.pop()
        if isinstance(node, dict):
            if "class" in node:
                yield node
            pending.extend(reversed(node.values()))
        elif isinstance(node, list):
            pending.extend(reversed(node))


def _check_node(node: dict[str, Any]) -> None:
    kind = node["class"]
    if kind == "SUBQUERY" or "subquery" in node:
        raise ExpressionError("queries are not allowed in an expression")
    if kind not in _CLASSES:
        raise ExpressionError(f"{kind.lower().replace('_', ' ')} is not allowed in an expression")
    if kind != "FUNCTION":
        return
    name = str(node["function_name"]).lower()
    if name not in _FUNCTIONS or node.get("schema") or node.get("catalog"):
        raise ExpressionError(f"function '{name}' is not allowed in an expression", _near(name))
    if name in _PADDED and not _short_padding(node):
        raise ExpressionError(f"{name} needs a constant length of at most {MAX_PADDING}")


def _short_padding(node: dict[str, Any]) -> bool:
    arguments = node.get("arguments", [])
    length = arguments[1]["expression"] if len(arguments) > 1 else {}
    literal = length.get("literal", {}) if length.get("class") == "CONSTANT" else {}
    return literal.get("kind") == "INTEGER" and 0 <= int(literal["text"]) <= MAX_PADDING


def _near(name: str) -> str:
    hint = closest(name, sorted(_FUNCTIONS))
    return hint if hint.startswith("did") else "the guide's page on expressions lists what is"


def _plain_type(kind: pa.DataType) -> pa.DataType:
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0][:300]
