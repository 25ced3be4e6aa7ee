"""SHA-1 of many short texts at once (FIPS 180-4), for name-based UUIDs: the hash is part of their definition."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

_BLOCK, _TAIL = 64, 9
_TILE_ROWS = 4_096
_START = (0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0)
_KEYS = (0x5A827999, 0x6ED9EBA1, 0x8F1BBCDC, 0xCA62C1D6)


def hash_texts(prefix: bytes, texts: pa.StringArray) -> np.ndarray:
    """The SHA-1 of each text behind a prefix, uint32 of shape `(5, n)`, most significant word first.

    Args:
        prefix: Bytes that all begin with.
        texts: Without nulls.
    """
    offsets = np.frombuffer(texts.buffers()[1], dtype=np.int32)[texts.offset : texts.offset + len(texts) + 1]
    data = np.frombuffer(texts.buffers()[2] or b"", dtype=np.uint8)
    lengths = np.diff(offsets) + len(prefix)
    blocks = (lengths + _TAIL + _BLOCK - 1) // _BLOCK
    digests = np.empty((len(_START), len(texts)), dtype=np.uint32)
    for count in np.unique(blocks).tolist():
        rows = np.flatnonzero(blocks == count)
        for first in range(0, len(rows), _TILE_ROWS):
            some = rows[first : first + _TILE_ROWS]
            digests[:, some] = _digest(_pad(prefix, data, offsets[some], lengths[some], count), count)
    return digests


def _pad(prefix: bytes, data: np.ndarray, starts: np.ndarray, lengths: np.ndarray, count: int) -> np.ndarray:
    """The messages with their padding as words, uint32 of shape `(16 * count, n)`."""
    width, own = count * _BLOCK, lengths.astype(np.int64) - len(prefix)
    message = np.zeros((len(starts), width), dtype=np.uint8)
    message[:, : len(prefix)] = np.frombuffer(prefix, dtype=np.uint8)
    before = np.cumsum(own) - own
    within = np.arange(own.sum()) - np.repeat(before, own)
    rows = np.arange(len(starts))
    flat = message.reshape(-1)
    flat[np.repeat(rows * width + len(prefix), own) + within] = data[np.repeat(starts.astype(np.int64), own) + within]
    flat[rows * width + lengths] = 0x80
    message[:, -8:] = (lengths.astype(">u8") * 8).astype(">u8").view(np.uint8).reshape(-1, 8)
    return np.ascontiguousarray(message.view(">u4").astype(np.uint32).T)


def _digest(words: np.ndarray, count: int) -> np.ndarray:
    state = [np.full(words.shape[1], word, dtype=np.uint32) for word in _START]
    for block in range(count):
        a, b, c, d, e = state
        schedule = list(words[16 * block : 16 * block + 16])
        for step in range(80):
            if step >= 16:
                schedule.append(_turn(schedule[-3] ^ schedule[-8] ^ schedule[-14] ^ schedule[-16], 1))
            phase = step // 20
            if phase == 0:
                mixed = d ^ (b & (c ^ d))
            elif phase == 2:
                mixed = (b & c) | (d & (b | c))
            else:
                mixed = b ^ c ^ d
            total = _turn(a, 5) + mixed + e + schedule[step] + np.uint32(_KEYS[phase])
            a, b, c, d, e = total, a, _turn(b, 30), c, d
        state = [before + after for before, after in zip(state, (a, b, c, d, e), strict=True)]
    return np.stack(state)


def _turn(words: np.ndarray, bits: int) -> np.ndarray:
    return np.asarray((words << np.uint32(bits)) | (words >> np.uint32(32 - bits)))
