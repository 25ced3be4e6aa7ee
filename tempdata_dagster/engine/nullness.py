"""Whether a SQL expression can be null, read from its syntax tree."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

_DIVISIONS = frozenset({"/", "//", "%", "mod"})
_SKIP_NULLS = frozenset({"concat"})
_NEVER = frozenset({"OPERATOR_IS_NULL", "OPERATOR_IS_NOT_NULL"})


def can_be_null(node: dict[str, Any], columns: frozenset[str]) -> bool:
    """Whether the expression at `node` can be null; when in doubt it can.

    Args:
        node: Of DuckDB's serialised syntax tree.
        columns: The columns that can be null, in lower case.
    """
    kind = node["class"]
    if kind == "COLUMN_REF":
        return node["column_names"][-1].casefold() in columns
    if kind == "CONSTANT":
        return _is_null_literal(node)
    if kind == "CASE":
        results = [check["then_expr"] for check in node["case_checks"]]
        return _any([*results, node["else_expr"]], columns)
    if node["type"] in _NEVER:
        return False
    if node["type"] == "OPERATOR_COALESCE":
        return all(can_be_null(child, columns) for child in _below(node))
    if kind == "FUNCTION":
        return _function_can_be_null(node, columns)
    return bool(node.get("try_cast")) or _any(_below(node), columns)


def _function_can_be_null(node: dict[str, Any], columns: frozenset[str]) -> bool:
    name, arguments = str(node["function_name"]).lower(), list(_below(node))
    if name in _SKIP_NULLS:
        return False
    if name == "nullif" or (name in _DIVISIONS and _may_be_zero(arguments[-1])):
        return True
    if name == "if" and len(arguments) == 3:
        return _any(arguments[1:], columns)
    return _any(arguments, columns)


def _may_be_zero(node: dict[str, Any]) -> bool:
    text = str(node.get("literal", {}).get("text", ""))
    return not any(digit in text.lower().partition("e")[0] for digit in "123456789")


def _is_null_literal(node: dict[str, Any]) -> bool:
    literal, value = node.get("literal"), node.get("value")
    return literal["kind"] == "NULL_LITERAL" if literal else not value or bool(value.get("is_null", True))


def _any(nodes: Iterable[dict[str, Any]], columns: frozenset[str]) -> bool:
    return any(can_be_null(node, columns) for node in nodes)


def _below(node: Any) -> Iterator[dict[str, Any]]:
    """The nearest expressions below a node; types are none."""
    for child in node.values() if isinstance(node, dict) else node:
        if isinstance(child, dict) and "class" in child:
            if child["class"] != "TYPE":
                yield child
        elif isinstance(child, (dict, list)):
            yield from _below(child)
