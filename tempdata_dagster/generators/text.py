"""Running text of a given length: comments, notes, reviews."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import numpy as np
import pyarrow as pa
from pydantic import Field, model_validator

from tempdata_dagster.engine.kind import Kind, Scope
from tempdata_dagster.engine.relation import Binding, Frame
from tempdata_dagster.engine.streams import Stream, below
from tempdata_dagster.generators import KINDS

_SENTENCES = 24_000
_INLINE = 12  # a string view holds so many bytes itself
_HALF_A_WORD = 3  # so that ending at whole words leaves the mean length in the middle
# Masks that keep the first 0 to 12 of twelve bytes.
_KEPT = np.where(np.arange(_INLINE) < np.arange(_INLINE + 1)[:, None], 255, 0).astype(np.uint8).view(np.int32)
_WORDS = {
    "a": "bold bright brief calm careful clear daily direct early empty even fair final firm fresh full gentle heavy honest "
    "idle keen large late light local minor narrow neat open plain quiet quick ready regular second sharp short silent slow "
    "small special steady strict sudden tidy usual vast warm whole",
    "n": "account answer batch boxes buyers carrier clerks courier customers deposit depot discount drivers estimate factory "
    "figures foreman goods handlers invoice items labels ledger letters list loads managers market notes offer orders "
    "packages pallets parcels parts partners payment plan porters price quota receipt refund report requests returns route "
    "sample seller shelves shipment shop staff statement stock store supplier terms tickets trade trucks visitors warehouse",
    "v": "accept arrange await bring call carry check claim clear collect count cover deliver exceed fill find follow forward "
    "handle hold inspect keep load mark match measure meet move note order pack pass pay place promise reach receive record "
    "repair replace return review send serve settle ship sort store take track treat trust unload use wait for weigh",
    "d": "again almost always barely carefully daily directly early evenly finally gladly hardly later mostly never nightly "
    "often promptly quickly quietly rarely regularly seldom slowly soon steadily twice usually weekly",
    "p": "above across after along among around before behind below beside between beyond despite during for from inside into "
    "near on over past since through to toward under until upon with within without",
}
_SHAPES = ("nvpan", "anvdpn", "dnvan", "anvpn", "nvdpan", "ndvan")


@dataclass(frozen=True)
class _Prose:
    """Sentences end to end, ASCII.

    Attributes:
        text: Their bytes, uint8.
        starts: Where the words begin, int32.
        views: For each word Arrow's string view of what begins with it, but for the length, as items of 16 bytes.
        twelve: The first twelve bytes from the beginning of each word, as int32 of shape `(words, 3)`.
        back: For each place, how far the last end of a word at or before it is; uint8.
        digest: The hash of the bytes.
    """

    text: np.ndarray
    starts: np.ndarray
    views: np.ndarray
    twelve: np.ndarray
    back: np.ndarray
    digest: str


@lru_cache(maxsize=1)
def _write_prose() -> _Prose:
    stream = Stream.of("prose")
    sentences: list[list[str]] = [[] for _ in range(_SENTENCES)]
    for number, shape in enumerate(_SHAPES):
        rows = np.arange(number, _SENTENCES, len(_SHAPES), dtype=np.int64)
        for place, part in enumerate(shape):
            words = _WORDS[part].split()
            drawn = below(stream.mix(rows, place), len(words))
            for row, word in zip(rows.tolist(), drawn.tolist(), strict=True):
                sentences[row].append(words[word])
    raw = " ".join(f"{' '.join(words)}." for words in sentences).encode()
    text = np.frombuffer(raw, dtype=np.uint8)
    blanks = np.flatnonzero(text == ord(" ")).astype(np.int32)
    ends = np.zeros(len(text), dtype=np.int32)
    ends[blanks] = blanks
    back = (np.arange(len(text)) - np.maximum.accumulate(ends)).astype(np.uint8)
    starts = np.concatenate([[0], blanks + 1]).astype(np.int32)
    whole = starts[: np.searchsorted(starts, len(text) - _INLINE)]
    twelve = np.lib.stride_tricks.sliding_window_view(text, _INLINE)[whole].copy().view(np.int32)
    digest = hashlib.blake2b(raw, digest_size=16).hexdigest()
    views = np.zeros((len(whole), 4), dtype=np.int32)
    views[:, 1], views[:, 3] = twelve[:, 0], whole
    return _Prose(text, starts, views.view(np.dtype((np.void, 16))).reshape(-1), twelve, back, digest)


@KINDS.register("text")
class Text(Kind):
    """Some words of English prose about a trade, between `min` and `max` characters long; they mean nothing.

    Words are whole, unless a bound falls within one.

    Example: {kind: text, min: 10, max: 43}
    """

    keyable: ClassVar[bool] = True
    min: int = Field(default=20, ge=0, le=100_000, description="least characters")
    max: int = Field(default=80, ge=1, le=100_000, description="most characters")

    @model_validator(mode="after")
    def _ordered(self) -> Text:
        if self.max < self.min:
            raise ValueError(f"max {self.max} is less than min {self.min}")
        return self

    def bind(self, scope: Scope) -> Binding:
        """Slices of one stock of prose, by views first: the bytes are copied once, by Arrow."""
        prose, places, lengths = _write_prose(), scope.stream(), scope.stream("length")
        scope.add_fact("prose", prose.digest)
        count = int(np.searchsorted(prose.starts, len(prose.text) - max(self.max, _INLINE)))
        stock = pa.py_buffer(prose.text)

        def fill(frame: Frame) -> pa.Array:
            word = below(places.bits(frame.rows), count)
            start = prose.starts[word]
            length = (below(lengths.bits(frame.rows), self.max - self.min + 1) + self.min).astype(np.int32)
            end = np.minimum(length + _HALF_A_WORD, self.max)
            whole = end - prose.back[start + end]
            length = np.where(whole >= self.min, np.maximum(whole, 0), length)
            views = _view(prose, word, length)
            return pa.Array.from_buffers(pa.string_view(), len(frame), [None, views, stock]).cast(pa.string())

        return Binding(pa.string(), fill)


def _view(prose: _Prose, word: np.ndarray, length: np.ndarray) -> pa.Buffer:
    """Arrow's string views of slices that begin with a word: few bytes stand in the view, else the first four and the place."""
    views = prose.views[word].view(np.int32).reshape(-1, 4)
    views[:, 0] = length
    few = np.flatnonzero(length <= _INLINE)
    views[few, 1:] = prose.twelve[word[few]] & _KEPT[length[few]]
    return pa.py_buffer(views)
