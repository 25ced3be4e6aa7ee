"""The names of several locales as tables that a random number looks up, word by word."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from typing import Literal

import numpy as np
import pyarrow as pa

from tempdata_dagster.locales.names import MAX_WORDS, OF_PART, SEXES, NameModel, Part, Pattern, Words, read_names
from tempdata_dagster.locales.pieces import Pieces
from tempdata_dagster.locales.slugs import to_latin

Script = Literal["native", "latin"]
PATTERN_BITS = 12
_WORD_BITS = (64 - PATTERN_BITS) // MAX_WORDS
_WORD_MASK = np.uint64((1 << _WORD_BITS) - 1)
_HALF = 1 << (PATTERN_BITS - 1)


def spread(weights: Sequence[float], bits: int) -> np.ndarray:
    """Indexes in proportion to their weights over `2**bits` slots, in order; int32 of shape `(2**bits,)`."""
    return spread_over(weights, 1 << bits)


def spread_over(weights: Sequence[float], count: int) -> np.ndarray:
    """The same over any number of slots."""
    edges = np.cumsum(np.asarray(weights, dtype=np.float64))
    slots = np.rint(edges / edges[-1] * count).astype(np.int64)
    return np.repeat(np.arange(len(slots), dtype=np.int32), np.diff(slots, prepend=0))


def is_woman(bits: np.ndarray, women: int) -> np.ndarray:
    """Whether the number names a woman, bool of the same shape; `women` as in `NameTable`."""
    return np.asarray(bits >> np.uint64(64 - PATTERN_BITS) < np.uint64(women))


@dataclass
class NameTable:
    """Names of some locales, whole or in part.

    A 64-bit random number chooses a name: its top 12 bits the sex and the pattern, and 13 bits each the words, of which there are
    up to four. A part of a name is looked up by the number of the whole one.

    Args:
        models: The locales' names; a row says by its position here which of them it takes.
        part: What of them.
        women: How many of the 4,096 values of the top bits name women.
        script: Words as they are written, or in Latin letters.

    Attributes:
        texts: Pieces that glue to a name.
        slugs: Pieces that glue to the same name in ASCII, the words with dots between them.
    """

    models: tuple[NameModel, ...]
    part: Part = "full"
    women: int = _HALF
    script: Script = "native"
    texts: Pieces = field(init=False)
    slugs: Pieces = field(init=False)

    def __post_init__(self) -> None:
        texts, slugs = [""], [""]
        slots, choices = [np.zeros(1 << _WORD_BITS, dtype=np.int32)], []
        patterns: list[list[int]] = []
        for model in self.models:
            made: dict[tuple[str, str, bool], int] = {}
            first = len(patterns)
            for pattern in model.patterns:
                row = [0] * MAX_WORDS
                for place, token, after in self._kept(pattern):
                    last = place == self._kept(pattern)[-1][0]
                    key = (token, self._gap(after, last=last), last)
                    if key not in made:
                        made[key] = len(slots)
                        words = model.words[token]
                        slots.append(spread(words.weights, _WORD_BITS) + np.int32(len(texts)))
                        texts += [word + key[1] for word in self._written(words)]
                        slugs += words.slugs if last else [slug + "." for slug in words.slugs]
                    row[place] = made[key]
                patterns.append(row)
            choices.append(_choose(model.patterns, self.women) + np.int32(first))
        self.texts, self.slugs = Pieces(pa.array(texts)), Pieces(pa.array(slugs))
        self._slots, self._choices = np.concatenate(slots), np.concatenate(choices).astype(np.int64)
        used = np.array(patterns, dtype=np.int64)
        self._places = [int(place) for place in np.flatnonzero(used.any(axis=0))]
        self._patterns = [np.ascontiguousarray(used[:, place]) << _WORD_BITS for place in self._places]

    @property
    def width(self) -> int:
        """Pieces of a name at most."""
        return len(self._places)

    def _kept(self, pattern: Pattern) -> list[tuple[int, str, str]]:
        """The words of the part: their places in the whole name, sorts, and what follows within the part."""
        tokens = pattern.tokens
        places = [place for place, (token, _) in enumerate(tokens) if token.startswith(OF_PART[self.part])]
        gaps = [tokens[a][1] if b == a + 1 else " " for a, b in pairwise(places)]
        return [(p, tokens[p][0], gap) for p, gap in zip(places, [*gaps, ""], strict=True)]

    def _gap(self, after: str, *, last: bool) -> str:
        return " " if self.script == "latin" and not after and not last else after

    def _written(self, words: Words) -> Iterable[str]:
        return map(to_latin, words.romanised) if self.script == "latin" else words.texts

    def look_up(self, bits: np.ndarray, model: np.ndarray | int) -> np.ndarray:
        """The pieces of a name for each random number.

        Args:
            bits: uint64 of shape `(n,)`.
            model: Which of the locales: one for all rows, or one per row.

        Returns:
            Indexes into the pieces, int32 of shape `(n, width)`.
        """
        cell = (bits >> np.uint64(64 - PATTERN_BITS)).view(np.int64)
        cell += np.asarray(model, dtype=np.int64) << PATTERN_BITS
        pattern = self._choices[cell]
        index = np.empty((len(bits), self.width), dtype=np.int32)
        for column, place in enumerate(self._places):
            shift = np.uint64(_WORD_BITS * (MAX_WORDS - 1 - place))
            word = bits >> shift
            word &= _WORD_MASK
            slot = word.view(np.int64)
            slot += self._patterns[column][pattern]
            index[:, column] = self._slots[slot]
        return index


@lru_cache(maxsize=32)
def make_name_table(locales: tuple[str, ...], part: Part, women: int = _HALF, script: Script = "native") -> NameTable:
    """The table of these locales' names, made once in a process: it depends on nothing else."""
    return NameTable(tuple(read_names(locale) for locale in locales), part, women, script)


def _choose(patterns: Sequence[Pattern], women: int) -> np.ndarray:
    """The pattern of each of the 4,096 values, those of women first."""
    found = []
    for sex, count in zip(SEXES, (women, (1 << PATTERN_BITS) - women), strict=True):
        own = np.array([i for i, pattern in enumerate(patterns) if pattern.sex == sex], dtype=np.int32)
        found.append(own[spread_over([patterns[i].weight for i in own], count)])
    return np.concatenate(found)
