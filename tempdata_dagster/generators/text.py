"""Running text of a given length: comments, notes, reviews."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache

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
_VIEW = np.dtype([("length", "<i4"), ("start", "V4"), ("buffer", "<i4"), ("offset", "<i4")])
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
        ends: For each place the last end of a word at or before it, int32.
        digest: The hash of the bytes.
    """

    text: np.ndarray
    starts: np.ndarray
    ends: np.ndarray
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
    blanks = np.flatnonzero(text == ord(" "))
    marks = np.zeros(len(text), dtype=np.int32)
    marks[blanks] = blanks
    starts = np.concatenate([[0], blanks + 1]).astype(np.int32)
    return _Prose(text, starts, np.maximum.accumulate(marks), hashlib.blake2b(raw, digest_size=16).hexdigest())


@KINDS.register("text")
class Text(Kind):
    """Some words of English prose about a trade, between `min` and `max` characters long; they mean nothing.

    Words are whole, unless a bound falls within one.

    Example: {kind: text, min: 10, max: 43}
    """

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
        count = int(np.searchsorted(prose.starts, len(prose.text) - self.max))
        stock = pa.py_buffer(prose.text)

        def fill(frame: Frame) -> pa.Array:
            start = prose.starts[below(places.bits(frame.rows), count)]
            length = below(lengths.bits(frame.rows), self.max - self.min + 1).astype(np.int32) + np.int32(self.min)
            whole = prose.ends[start + np.minimum(length + _HALF_A_WORD, self.max)] - start
            length = np.where(whole >= self.min, np.maximum(whole, 0), length)
            views = pa.py_buffer(_view(prose.text, start, length))
            return pa.Array.from_buffers(pa.string_view(), len(frame), [None, views, stock]).cast(pa.string())

        return Binding(pa.string(), fill)


def _view(text: np.ndarray, start: np.ndarray, length: np.ndarray) -> np.ndarray:
    """Arrow's string views of slices: the bytes themselves when they are few, else their first four and their place."""
    views = np.zeros(len(start), dtype=_VIEW)
    views["length"], views["offset"] = length, start
    first = np.lib.stride_tricks.sliding_window_view(text, 4)[start]
    views["start"] = np.ascontiguousarray(first).view("V4")[:, 0]
    few = np.flatnonzero(length <= _INLINE)
    if len(few):
        inline = np.lib.stride_tricks.sliding_window_view(text, _INLINE)[start[few]].copy()
        inline[np.arange(_INLINE) >= length[few, None]] = 0
        views.view(np.uint8).reshape(len(start), _VIEW.itemsize)[few, 4:] = inline
    return views
