"""Sentences: of our own phrases in English, of the words that Faker lists in other languages."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa

from tempdata_dagster.core.errors import InputError
from tempdata_dagster.core.fingerprint import fingerprint
from tempdata_dagster.engine.addresses import Addresses
from tempdata_dagster.engine.streams import Stream
from tempdata_dagster.locales.catalogue import check_locale, known_locales
from tempdata_dagster.locales.phrases import OBJECTS, OPENINGS, SUBJECTS, TAILS, VERBS
from tempdata_dagster.locales.pieces import Pieces

_SLOT_BITS = 16
_SLOTS = 64 // _SLOT_BITS
_LEAST_WORDS, _MOST_WORDS = 5, 12
_PHRASE_BITS = 12
_FIRST_OF_LANGUAGE = ("en_US", "pt_BR", "zh_CN", "ar_AA")


@dataclass(frozen=True)
class Words:
    """The words of a language.

    Attributes:
        texts: The words.
        gap: What stands between two.
        stop: What ends a sentence.
        digest: Hash of all of it.
    """

    texts: tuple[str, ...]
    gap: str
    stop: str
    digest: str


@lru_cache(maxsize=64)
def read_words(locale: str) -> Words:
    """The words of a locale or of its language, from Faker's lorem providers.

    Raises:
        InputError: TD2041 when there is no such locale, or Faker has no words of its language.
    """
    check_locale(locale)
    for one in _alike(locale):
        try:
            module = importlib.import_module(f"faker.providers.lorem.{one}")
        except ModuleNotFoundError:
            continue
        provider: Any = module.Provider
        texts = tuple(dict.fromkeys(word for word in provider.word_list if word.strip()))
        return Words(texts, provider.word_connector, provider.sentence_punctuation, fingerprint(list(texts)))
    raise InputError(
        "TD2041", f"there are no words for locale '{locale}'", "give the column another locale, such as en_US"
    )


def _alike(locale: str) -> list[str]:
    language = locale.partition("_")[0]
    return [locale, *(one for one in (*_FIRST_OF_LANGUAGE, *known_locales()) if one.partition("_")[0] == language)]


def pick_slots(bits: np.ndarray, place: int, size: int, width: int = _SLOT_BITS) -> np.ndarray:
    """A number below `size` from one slot of each 64-bit number, int64."""
    slot = (bits >> np.uint64(width * place)) & np.uint64((1 << width) - 1)
    return np.asarray((slot * np.uint64(size)) >> np.uint64(width)).astype(np.int64)


@dataclass(frozen=True)
class Sentences:
    """Sentences as pieces.

    Attributes:
        stock: The pieces; the first one is empty.
        width: Pieces of a sentence.
        draw: The pieces of the k-th sentence of each row, int32 of shape `(n, width)`.
        digest: Hash of the pieces.
    """

    stock: Pieces
    width: int
    draw: Callable[[Stream, Addresses, int], np.ndarray]
    digest: str


@lru_cache(maxsize=64)
def make_sentences(locale: str) -> Sentences:
    """The sentences of a locale."""
    return _english() if locale.startswith("en") else _of_words(read_words(locale))


def _english() -> Sentences:
    parts = (OPENINGS, SUBJECTS, VERBS, OBJECTS, TAILS)
    begins = [f"{subject[0].upper()}{subject[1:]} " for subject in SUBJECTS]
    texts = ["", *(f"{opening}, " for opening in OPENINGS), *(f"{subject} " for subject in SUBJECTS), *begins,
             *(f"{verb} " for verb in VERBS), *OBJECTS, ".", *(f" {tail}." for tail in TAILS)]  # fmt: skip
    first = np.cumsum([1, len(OPENINGS), 2 * len(SUBJECTS), len(VERBS), len(OBJECTS)])
    # Two in three sentences begin with their subject, one in three ends with its object.
    openings, ends = 3 * len(OPENINGS), len(TAILS) + len(TAILS) // 2

    def draw(stream: Stream, rows: Addresses, number: int) -> np.ndarray:
        bits = stream.bits(rows, number)
        index = np.empty((len(rows), len(parts)), dtype=np.int32)
        opening = pick_slots(bits, 0, openings, _PHRASE_BITS)
        without = opening >= len(OPENINGS)
        index[:, 0] = np.where(without, 0, opening + first[0])
        index[:, 1] = pick_slots(bits, 1, len(SUBJECTS), _PHRASE_BITS) + first[1] + without * len(SUBJECTS)
        index[:, 2] = pick_slots(bits, 2, len(VERBS), _PHRASE_BITS) + first[2]
        index[:, 3] = pick_slots(bits, 3, len(OBJECTS), _PHRASE_BITS) + first[3]
        index[:, 4] = np.maximum(pick_slots(bits, 4, ends, _PHRASE_BITS) - (ends - len(TAILS)) + 1, 0) + first[4]
        return index

    return Sentences(Pieces(pa.array(texts)), len(parts), draw, fingerprint(texts))


def _of_words(words: Words) -> Sentences:
    size = len(words.texts)
    capitals = [word[0].upper() + word[1:] for word in words.texts]
    texts = ["", *capitals, *(words.gap + word for word in words.texts), words.stop]
    width, spread = _MOST_WORDS + 1, _MOST_WORDS - _LEAST_WORDS + 1

    def draw(stream: Stream, rows: Addresses, number: int) -> np.ndarray:
        index = np.empty((len(rows), width), dtype=np.int32)
        lanes = -(-width // _SLOTS)
        for lane in range(lanes):
            bits = stream.bits(rows, number * lanes + lane)
            for place in range(lane * _SLOTS, min((lane + 1) * _SLOTS, width)):
                index[:, place] = pick_slots(bits, place % _SLOTS, size if place < _MOST_WORDS else spread)
        count = index[:, _MOST_WORDS] + _LEAST_WORDS
        index[:, :_MOST_WORDS] += size + 1
        index[:, 0] -= size
        np.copyto(index[:, :_MOST_WORDS], 0, where=np.arange(_MOST_WORDS) >= count[:, None])
        index[:, _MOST_WORDS] = len(texts) - 1
        return index

    return Sentences(Pieces(pa.array(texts)), width, draw, fingerprint(texts))
