"""The names of several locales as tables that a random number looks up, word by word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
import pyarrow as pa

from tempdata_dagster.locales.names import MAX_WORDS, NameModel, Part, Words, read_names
from tempdata_dagster.locales.pieces import Pieces

_PATTERN_BITS = 12
_WORD_BITS = (64 - _PATTERN_BITS) // MAX_WORDS
_WORD_MASK = np.uint64((1 << _WORD_BITS) - 1)
_UNKNOWN = "user"


def spread(weights: Sequence[float], bits: int) -> np.ndarray:
    """Indexes in proportion to their weights over `2**bits` slots, in order; int32 of shape `(2**bits,)`."""
    edges = np.cumsum(np.asarray(weights, dtype=np.float64))
    slots = np.rint(edges / edges[-1] * (1 << bits)).astype(np.int64)
    return np.repeat(np.arange(len(slots), dtype=np.int32), np.diff(slots, prepend=0))


@dataclass
class NameTable:
    """Names of some locales.

    A 64-bit random number chooses a name: its top 12 bits the pattern, and 13 bits each the words, of which there are up to four.

    Args:
        models: The locales' names; a row says by its position here which of them it takes.

    Attributes:
        texts: Pieces that glue to a name.
        slugs: Pieces that glue to the same name in ASCII, the words with dots between them.
    """

    models: tuple[NameModel, ...]
    texts: Pieces = field(init=False)
    slugs: Pieces = field(init=False)

    def __post_init__(self) -> None:
        texts, slugs = [""], [""]
        slots, choices = [np.zeros(1 << _WORD_BITS, dtype=np.int32)], []
        patterns: list[list[int]] = []
        self.width = max(len(pattern.tokens) for model in self.models for pattern in model.patterns)
        for model in self.models:
            known = any(slug for words in model.words.values() for slug in words.slugs)
            made: dict[tuple[str, str, str], int] = {}
            first = len(patterns)
            for pattern in model.patterns:
                row = [0] * self.width
                for i, (token, after) in enumerate(pattern.tokens):
                    dot = "." if known and i + 1 < len(pattern.tokens) else ""
                    key = (token, after, dot if known or i else _UNKNOWN)
                    if key not in made:
                        made[key] = len(slots)
                        words = model.words[token]
                        slots.append(spread(words.weights, _WORD_BITS) + np.int32(len(texts)))
                        texts += [word + after for word in words.texts]
                        slugs += _dotted(words, key[2])
                    row[i] = made[key]
                patterns.append(row)
            choices.append(spread([p.weight for p in model.patterns], _PATTERN_BITS) + np.int32(first))
        self.texts, self.slugs = Pieces(pa.array(texts)), Pieces(pa.array(slugs))
        self._slots, self._choices = np.concatenate(slots), np.concatenate(choices)
        self._patterns = np.array(patterns, dtype=np.int64) << _WORD_BITS

    def look_up(self, bits: np.ndarray, model: np.ndarray | int) -> np.ndarray:
        """The pieces of a name for each random number.

        Args:
            bits: uint64 of shape `(n,)`.
            model: Which of the locales: one for all rows, or one per row.

        Returns:
            Indexes into the pieces, int32 of shape `(n, width)`.
        """
        cell = (bits >> np.uint64(64 - _PATTERN_BITS)).astype(np.int64)
        pattern = self._choices[cell + np.asarray(model, dtype=np.int64) * (1 << _PATTERN_BITS)]
        index = np.empty((len(bits), self.width), dtype=np.int32)
        for place in range(self.width):
            shift = np.uint64(_WORD_BITS * (MAX_WORDS - 1 - place))
            slot = ((bits >> shift) & _WORD_MASK).astype(np.int64)
            slot += self._patterns[:, place][pattern]
            index[:, place] = self._slots[slot]
        return index


@lru_cache(maxsize=32)
def make_name_table(locales: tuple[str, ...], part: Part) -> NameTable:
    """The table of these locales' names, made once in a process: it depends on nothing else."""
    return NameTable(tuple(read_names(locale, part) for locale in locales))


def _dotted(words: Words, after: str) -> list[str]:
    return [_UNKNOWN] * len(words.slugs) if after == _UNKNOWN else [slug + after for slug in words.slugs]
