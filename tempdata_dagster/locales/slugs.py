"""Latin letters of any text, for the local parts of e-mail addresses."""
# ruff: noqa: RUF001 - the letters of other scripts are meant

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from types import MappingProxyType

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_UNKNOWN = "user"
_LONGEST = 48
# Letters that Unicode does not take apart into a Latin letter and a mark. Cyrillic and Greek as their speakers mostly write
# their own names in addresses, close to the passports' spelling (ICAO Doc 9303, ELOT 743). Consonants that carry a vowel, for which
# anyascii writes an apostrophe.
_SPECIAL = """
а:a б:b в:v г:g д:d е:e ж:zh з:z и:i й:i к:k л:l м:m н:n о:o п:p р:r с:s т:t у:u ф:f х:kh ц:ts ч:ch ш:sh щ:shch ъ: ы:y
ь: э:e ю:yu я:ya ё:e і:i ї:yi є:ye ґ:g ў:u ј:j љ:lj њ:nj џ:dz ђ:dj ћ:c ѓ:gj ќ:kj ѕ:dz қ:q ғ:g ҳ:h
α:a β:v γ:g δ:d ε:e ζ:z η:i θ:th ι:i κ:k λ:l μ:m ν:n ξ:x ο:o π:p ρ:r σ:s ς:s τ:t υ:y φ:f χ:ch ψ:ps ω:o
ا:a أ:a آ:a إ:i ع:a א:a ע:a
ß:ss æ:ae œ:oe ø:o ł:l đ:d ð:d þ:th ı:i ə:a ħ:h ŋ:n
"""
_PAIRS = MappingProxyType(dict(pair.split(":") for pair in _SPECIAL.split()))
_LETTERS = str.maketrans(dict(_PAIRS))
_GERMAN = str.maketrans({**_PAIRS, "ä": "ae", "ö": "oe", "ü": "ue"})
_MARKS = re.compile("[\u0300-\u036f'\u2019\u02bb\u02bc]")
_OTHER = re.compile(r"[^a-z0-9]+")
_LETTER_COUNT = 0x2100
_NARROW, _WIDE = 4, 8
_NEW_LINE, _DOT = ord("\n"), ord(".")


def make_slug(text: str, language: str = "", separator: str = "-") -> str:
    """The text in lower-case ASCII letters and digits: "Jean-René" becomes "jean-rene", and in German "Müller" "mueller".

    Args:
        text: Any text.
        language: Two letters; German writes its umlauts with an e.
        separator: What stands for everything that is neither letter nor digit.

    Returns:
        The slug, without the separator at its ends; empty when the text has no letter. Vowels that a script does not write are missing.
    """
    lower = text.lower()
    if lower.isascii() and lower.isalnum():
        return lower
    return _OTHER.sub(separator, _romanise(lower, language)).strip(separator)


def make_slugs(texts: pa.Array, tails: pa.StringArray) -> pa.StringArray:
    """Each text as the start of a local part - its words with dots between them, or `user` - and its tail glued on.

    Args:
        texts: Text, dictionary-encoded or not.
        tails: As many texts without nulls.

    Returns:
        Null where the text is null.
    """
    if isinstance(texts, pa.DictionaryArray):
        starts = _slug_lines(texts.dictionary).take(texts.indices)
    else:
        starts = _slug_lines(texts)
    return pc.binary_join_element_wise(starts, tails, "")


def _slug_lines(texts: pa.StringArray) -> pa.StringArray:
    """All texts at once, as the lines of one: a few passes over a long text instead of a few calls for each short one."""
    if not len(texts):
        return texts
    lines = pc.replace_substring(texts.fill_null(""), "\n", " ")
    joined = pc.binary_join(pa.ListArray.from_arrays(pa.array([0, len(lines)], pa.int32()), lines), "\n")[0].as_py()
    letters = np.frombuffer((joined.replace("ου", "ou") + "\n").encode("utf-32-le"), dtype="<u4")
    letters = _write_letters(letters)
    letters = letters[letters != 0]
    dot = letters == _DOT
    letters = letters[~dot | np.append(True, ~dot[:-1])]
    ends = np.flatnonzero(letters == _NEW_LINE).astype(np.int32) + np.int32(1)
    offsets = np.append(np.zeros(1, dtype=np.int32), ends)
    cut = pc.ascii_trim(pa.StringArray.from_buffers(len(texts), pa.py_buffer(offsets), pa.py_buffer(letters)), ".\n")
    if len(cut) and pc.max(pc.binary_length(cut)).as_py() > _LONGEST:
        cut = pc.ascii_rtrim(pc.utf8_slice_codeunits(cut, 0, _LONGEST), ".")
    known = pc.if_else(pc.equal(pc.binary_length(cut), 0), _UNKNOWN, cut)
    return pc.if_else(texts.is_valid(), known, pa.scalar(None, pa.string()))


def _write_letters(letters: np.ndarray) -> np.ndarray:
    """The ASCII bytes of all letters, with zeros between them."""
    table = _letter_table()
    if not len(letters) or letters.max() < _LETTER_COUNT:
        return np.asarray(table[letters].view(np.uint8))
    others, place = np.unique(letters[letters >= _LETTER_COUNT], return_inverse=True)
    wide = np.concatenate([table.astype("<u8"), _pack(others.tolist(), _WIDE).view("<u8")[:, 0]])
    index = letters.astype(np.int64)
    index[letters >= _LETTER_COUNT] = place + _LETTER_COUNT
    return np.asarray(wide[index].view(np.uint8))


@lru_cache(maxsize=1)
def _letter_table() -> np.ndarray:
    """Up to four ASCII bytes for each letter of the common scripts, packed in uint32; a dot for what is no letter of them."""
    return _pack(list(range(_LETTER_COUNT)), _NARROW).view("<u4")[:, 0]


def _pack(codes: list[int], width: int) -> np.ndarray:
    table = np.zeros((len(codes), width), dtype=np.uint8)
    for row, code in enumerate(codes):
        text = chr(code)
        written = text if text == "\n" else _OTHER.sub(".", _romanise(text, ""))[:width]
        table[row, : len(written)] = np.frombuffer(written.encode(), dtype=np.uint8)
    return table


def to_latin(text: str) -> str:
    """The text in Latin letters, its words with capitals; text of a Latin script as it is."""
    if text.isascii() or all(
        letter.isascii() or unicodedata.name(letter, "").startswith("LATIN") for letter in text if letter.isalpha()
    ):
        return text
    return make_slug(text, separator=" ").title()


def _romanise(text: str, language: str) -> str:
    lower = text.lower()
    if not lower.isascii():
        whole = unicodedata.normalize("NFC", lower).replace("ου", "ou").replace("ού", "ou")
        lower = "".join(map(_romanise_letter, whole.translate(_GERMAN if language == "de" else _LETTERS)))
    return _MARKS.sub("", lower)


@lru_cache(maxsize=1 << 16)
def _romanise_letter(letter: str) -> str:
    """A letter of the European scripts without its marks; one of another script as anyascii writes it."""
    from anyascii import anyascii

    plain = _MARKS.sub("", unicodedata.normalize("NFKD", letter).translate(_LETTERS))
    return plain if plain.isascii() else anyascii(letter).lower()
