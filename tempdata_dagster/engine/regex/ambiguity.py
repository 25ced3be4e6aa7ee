"""Whether a pattern generates every text in one way only, so that different numbers give different texts."""

from __future__ import annotations

from tempdata_dagster.engine.regex.grammar import Characters, Choice, Node, Repeat, Sequence


def is_unambiguous(node: Node) -> bool:
    """Whether every text is certainly generated in one way only (a sufficient test, not a necessary one)."""
    if isinstance(node, Characters):
        return True
    if isinstance(node, Repeat):
        fixed = node.part.least == longest(node.part)
        return is_unambiguous(node.part) and (fixed or node.high == 1) and (node.low > 0 or node.part.least > 0)
    if isinstance(node, Choice):
        options = node.options
        apart = all(_differ(one, other) for i, one in enumerate(options) for other in options[i + 1 :])
        return apart and all(map(is_unambiguous, options))
    return all(map(is_unambiguous, node.parts)) and _splits_in_one_way(node.parts)


def _splits_in_one_way(parts: tuple[Node, ...]) -> bool:
    """Whether it shows where each part of varying length ends: it is the last such, or nothing after can continue it."""
    varying = [i for i, part in enumerate(parts) if part.least != longest(part)]
    return all(not alphabet(parts[i]) & first_characters(Sequence(parts[i + 1 :])) for i in varying[:-1])


def _differ(one: Node, other: Node) -> bool:
    if longest(one) < other.least or longest(other) < one.least:
        return True
    return bool(one.least and other.least) and not first_characters(one) & first_characters(other)


def longest(node: Node) -> int:
    """Characters of the longest text."""
    if isinstance(node, Choice):
        return max(map(longest, node.options))
    if isinstance(node, Sequence):
        return sum(map(longest, node.parts))
    return longest(node.part) * node.high if isinstance(node, Repeat) else 1


def alphabet(node: Node) -> frozenset[str]:
    """Every character that can come."""
    if isinstance(node, Characters):
        return frozenset(node.choices)
    inner = (node.part,) if isinstance(node, Repeat) else node.parts if isinstance(node, Sequence) else node.options
    return frozenset().union(*map(alphabet, inner))


def first_characters(node: Node) -> frozenset[str]:
    """Every character that can come first."""
    if isinstance(node, Characters):
        return frozenset(node.choices)
    if isinstance(node, Repeat):
        return first_characters(node.part)
    if isinstance(node, Choice):
        return frozenset().union(*map(first_characters, node.options))
    found: frozenset[str] = frozenset()
    for part in node.parts:
        found |= first_characters(part)
        if part.least:
            break
    return found
