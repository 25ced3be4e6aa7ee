"""The telephone numbers of a country, from libphonenumber's patterns: leading digits, each followed by digits that are free."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice, product
from math import prod
from typing import Any, Literal

from tempdata_dagster.core.fingerprint import fingerprint
from tempdata_dagster.engine.regex.grammar import Characters, Choice, Node, parse_regex
from tempdata_dagster.engine.regex.grammar import Sequence as Parts

PhoneType = Literal["mobile", "fixed_line"]
PhoneFormat = Literal["e164", "international", "national"]
_DIGITS = "0123456789"
_HEADS = 1024
_FIRST_GROUP = re.compile(r"(\\\d)")


@dataclass(frozen=True)
class PhonePlan:
    """Numbers of one country and type; every number is a head and the free digits after it, in one way only.

    Attributes:
        region: ISO 3166-1 alpha-2.
        calling_code: Without the plus.
        heads: Leading digits of national numbers.
        free: How many digits follow each head.
        digest: Hash of all of it.
    """

    region: str
    calling_code: int
    heads: tuple[str, ...]
    free: tuple[int, ...]
    digest: str


@lru_cache(maxsize=1)
def known_regions() -> frozenset[str]:
    """Countries with numbers of both types."""
    import phonenumbers

    return frozenset(phonenumbers.SUPPORTED_REGIONS) - {"TA"}  # Tristan da Cunha has no mobile numbers


@lru_cache(maxsize=1024)
def read_plan(region: str, kind: PhoneType, free: int) -> PhonePlan:
    """The numbers of a country, of the length of libphonenumber's example, with at most `free` free digits.

    Where there are more than 1,024 heads, so many of them are taken, evenly.
    """
    meta = _metadata(region)
    described, general = getattr(meta, kind), re.compile(meta.general_desc.national_number_pattern)
    wanted = len(described.example_number)
    shapes = [shape for shape in _expand(parse_regex(described.national_number_pattern)) if len(shape) == wanted]
    cuts = [(shape[: len(shape) - n], n) for shape in shapes for n in [_free_digits(shape, free)]]
    heads = {head: n for head, n in _list_heads(cuts) if general.fullmatch(head + "5" * n)}
    kept = {head: n for head, n in heads.items() if not any(head[:i] in heads for i in range(1, len(head)))}
    digest = fingerprint([meta.country_code, " ".join(kept), list(kept.values())])
    return PhonePlan(region, int(meta.country_code), tuple(kept), tuple(kept.values()), digest)


def _metadata(region: str) -> Any:
    from phonenumbers import PhoneMetadata

    return PhoneMetadata.metadata_for_region(region)


def _expand(node: Node) -> list[tuple[str, ...]]:
    """All ways through a pattern, as sets of characters one after another."""
    if isinstance(node, Characters):
        return [(node.choices,)]
    if isinstance(node, Choice):
        return [shape for option in node.options for shape in _expand(option)]
    if isinstance(node, Parts):
        return [sum(parts, ()) for parts in product(*map(_expand, node.parts))]
    return [
        sum(parts, ()) for times in range(node.low, node.high + 1) for parts in product(*[_expand(node.part)] * times)
    ]


def _free_digits(shape: Sequence[str], most: int) -> int:
    free = 0
    while free < min(most, len(shape) - 1) and shape[-1 - free] == _DIGITS:
        free += 1
    return free


def _list_heads(cuts: list[tuple[tuple[str, ...], int]]) -> Iterator[tuple[str, int]]:
    total = sum(prod(map(len, head)) for head, _ in cuts)
    step, first = max(total / _HEADS, 1.0), 0
    for head, free in cuts:
        count = prod(map(len, head))
        # The places of this shape's heads among the multiples of the step.
        ranks = islice(_multiples(step, first, first + count), _HEADS)
        for rank in ranks:
            yield _nth(head, rank - first), free
        first += count


def _multiples(step: float, start: int, stop: int) -> Iterator[int]:
    number = -(-start // step)
    while (rank := int(number * step)) < stop:
        if rank >= start:
            yield rank
        number += 1


def _nth(shape: Sequence[str], number: int) -> str:
    letters = []
    for choices in reversed(shape):
        number, place = divmod(number, len(choices))
        letters.append(choices[place])
    return "".join(reversed(letters))


def write_heads(plan: PhonePlan, layout: PhoneFormat) -> list[tuple[str, str]]:
    """Each head as it is written, and what follows it: a zero for each free digit, with the separators between them."""
    code, written = f"+{plan.calling_code}", list[tuple[str, str]]()
    rules = [] if layout == "e164" else _rules(plan.region, layout)
    for head, free in zip(plan.heads, plan.free, strict=True):
        number = head + "0" * free
        text = next(
            (rule.sub(to, number) for first, rule, to in rules if first(number) and rule.fullmatch(number)), number
        )
        cut = len(text)
        for _ in range(free):
            cut = text.rindex("0", 0, cut)
        prefix = {"e164": code, "international": code + " ", "national": ""}[layout]
        written.append((prefix + text[:cut], text[cut:]))
    return written


def _rules(region: str, layout: PhoneFormat) -> list[tuple[Any, re.Pattern[str], str]]:
    """What the leading digits of a number match, and how such a number is taken apart and put together."""
    meta = _metadata(region)
    if meta.country_code and (main := _main_region(meta.country_code)) != region:
        meta = _metadata(main)
    international = layout == "international"
    rules = []
    for rule in (international and meta.intl_number_format) or meta.number_format:
        prefix = None if international else rule.national_prefix_formatting_rule
        to = _FIRST_GROUP.sub(prefix, rule.format, count=1) if prefix else rule.format
        leading = rule.leading_digits_pattern
        matches = re.compile(leading[-1]).match if leading else bool
        if to != "NA":
            rules.append((matches, re.compile(rule.pattern), to))
    return rules


def _main_region(calling_code: int) -> str:
    import phonenumbers

    return str(phonenumbers.region_code_for_country_code(calling_code))
