"""SHA-1 of many short texts at once (FIPS 180-4), for name-based UUIDs: the hash is part of their definition."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

_BLOCK, _TAIL = 64, 9
_TILE_ROWS = 65_536
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
    rows = words.shape[1]
    state = [np.full(rows, word, dtype=np.uint32) for word in _START]
    total, scratch, turned = (np.empty(rows, dtype=np.uint32) for _ in range(3))
    for block in range(count):
        schedule = words[16 * block : 16 * block + 16]  # written over, as the last sixteen words are all that is needed
        a, b, c, d, e = (half.copy() for half in state)
        for step in range(80):
            word = schedule[step % 16]
            if step >= 16:
                for back in (3, 8, 14):
                    word ^= schedule[(step - back) % 16]
                _turn(word, 1, scratch, word)
            e += _turn(a, 5, scratch, turned)
            e += _mix(step // 20, b, c, d, total, scratch)
            e += word
            e += np.uint32(_KEYS[step // 20])
            _turn(b, 30, scratch, b)
            a, b, c, d, e = e, a, b, c, d
        for before, after in zip(state, (a, b, c, d, e), strict=True):
            np.add(before, after, out=before)
    return np.stack(state)


def _mix(phase: int, b: np.ndarray, c: np.ndarray, d: np.ndarray, out: np.ndarray, scratch: np.ndarray) -> np.ndarray:
    if phase == 2:  # the majority of the three
        np.bitwise_or(b, c, out=out)
        out &= d
        out |= np.bitwise_and(b, c, out=scratch)
        return out
    np.bitwise_xor(c, d, out=out)
    if phase == 0:  # c where b is set, else d
        out &= b
        out ^= d
    else:
        out ^= b
    return out


def _turn(words: np.ndarray, bits: int, scratch: np.ndarray, out: np.ndarray) -> np.ndarray:
    np.right_shift(words, np.uint32(32 - bits), out=scratch)
    np.left_shift(words, np.uint32(bits), out=out)
    out |= scratch
    return out
