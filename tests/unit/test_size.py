"""Files and functions stay small: a file is read in one sitting, a function in one look."""

from __future__ import annotations

import ast
import io
import math
import tokenize
from statistics import median

import pytest

FILE_MEDIAN, FILE_P90, FILE_MAX = 130, 350, 500
FUNCTION_MEDIAN, FUNCTION_MAX = 12, 60
ENOUGH_FILES = 20
COMMENT_SHARE_MAX = 0.08


def quantile(sizes: list[int], share: float) -> int:
    """The smallest size that at least `share` of the sizes do not exceed."""
    return sorted(sizes)[max(0, math.ceil(share * len(sizes)) - 1)]


def file_sizes(sources) -> dict[str, int]:
    """Lines of each file that holds any code."""
    return {source.path: len(source.text.splitlines()) for source in sources if source.tree.body}


def function_sizes(sources) -> dict[str, int]:
    """Lines of each function, from `def` to its last line, docstring included."""
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {
        f"{source.path}:{node.lineno} {node.name}": (node.end_lineno or node.lineno) - node.lineno + 1
        for source in sources
        for node in ast.walk(source.tree)
        if isinstance(node, functions)
    }


def count_comments(text: str) -> int:
    """Lines that are or end in a comment."""
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return sum(token.type == tokenize.COMMENT for token in tokens)


def over(sizes: dict[str, int], limit: int) -> list[str]:
    return [f"{name}: {size} lines, at most {limit}" for name, size in sizes.items() if size > limit]


def describe(what: str, sizes: dict[str, int]) -> str:
    values = list(sizes.values())
    return (
        f"size of {what}: {len(values)} with median {median(values):.0f}, "
        f"90 % up to {quantile(values, 0.9)}, longest {max(values)} lines"
    )


def test_files_are_short(programs, figure):
    sizes = file_sizes(programs)
    figure(describe("files", sizes))
    assert over(sizes, FILE_MAX) == []
    assert quantile(list(sizes.values()), 0.9) <= FILE_P90
    assert len(sizes) < ENOUGH_FILES or median(sizes.values()) <= FILE_MEDIAN


def test_functions_are_short(programs, figure):
    sizes = function_sizes(programs)
    figure(describe("functions", sizes))
    assert over(sizes, FUNCTION_MAX) == []
    assert median(sizes.values()) <= FUNCTION_MEDIAN


def test_tests_are_short(test_sources, figure):
    files, functions = file_sizes(test_sources), function_sizes(test_sources)
    figure(describe("test files", files))
    assert over(files, FILE_MAX) + over(functions, FUNCTION_MAX) == []


def test_comments_are_few(programs, figure):
    lines = sum(file_sizes(programs).values())
    share = sum(count_comments(source.text) for source in programs) / lines
    figure(f"share of lines with a comment: {share:.1%} of {lines:,}")
    assert share <= COMMENT_SHARE_MAX


@pytest.mark.parametrize(("share", "expected"), [(0.5, 2), (0.9, 4), (0.75, 3), (0.0, 1), (1.0, 4)])
def test_quantile(share, expected):
    assert quantile([4, 1, 3, 2], share) == expected
