"""Latin letters of any text, for the local parts of e-mail addresses."""
# ruff: noqa: RUF001 - the letters of other scripts are meant

from __future__ import annotations

import re
import unicodedata
from types import MappingProxyType

import pyarrow as pa
import pyarrow.compute as pc

_UNKNOWN = "user"
_LONGEST = 48
# Letters that Unicode does not take apart into a Latin letter and a mark. Cyrillic and Greek as their speakers mostly write
# their own names in addresses, close to the passports' spelling (ICAO Doc 9303, ELOT 743).
_SPECIAL = """
а:a б:b в:v г:g д:d е:e ж:zh з:z и:i й:i к:k л:l м:m н:n о:o п:p р:r с:s т:t у:u ф:f х:kh ц:ts ч:ch ш:sh щ:shch ъ: ы:y
ь: э:e ю:yu я:ya ё:e і:i ї:yi є:ye ґ:g ў:u ј:j љ:lj њ:nj џ:dz ђ:dj ћ:c ѓ:gj ќ:kj ѕ:dz қ:q ғ:g ҳ:h
α:a β:v γ:g δ:d ε:e ζ:z η:i θ:th ι:i κ:k λ:l μ:m ν:n ξ:x ο:o π:p ρ:r σ:s ς:s τ:t υ:y φ:f χ:ch ψ:ps ω:o
ß:ss æ:ae œ:oe ø:o ł:l đ:d ð:d þ:th ı:i ə:a ħ:h ŋ:n
"""
_PAIRS = MappingProxyType(dict(pair.split(":") for pair in _SPECIAL.split()))
_LETTERS = str.maketrans(dict(_PAIRS))
_GERMAN = str.maketrans({**_PAIRS, "ä": "ae", "ö": "oe", "ü": "ue"})
_OTHER = re.compile(r"[^a-z0-9]+")


def make_slug(text: str, language: str = "", separator: str = "-") -> str:
    """The text in lower-case ASCII letters and digits: "Jean-René" becomes "jean-rene", and in German "Müller" "mueller".

    Args:
        text: Any text.
        language: Two letters; German writes its umlauts with an e.
        separator: What stands for everything that is neither letter nor digit.

    Returns:
        The slug, without the separator at its ends; empty when the script is not known, such as Arabic or Korean.
    """
    lower = text.lower()
    if not lower.isascii():
        whole = unicodedata.normalize("NFC", lower).replace("ου", "ou").replace("ού", "ou")
        apart = unicodedata.normalize("NFKD", whole.translate(_GERMAN if language == "de" else _LETTERS))
        bare = "".join(c for c in apart if not unicodedata.combining(c)).translate(_LETTERS)
        lower = "".join(c for c in bare if c.isascii() or not c.isalpha())
    return _OTHER.sub(separator, lower.replace("'", "")).strip(separator)


def make_slugs(texts: pa.Array, tails: pa.StringArray) -> pa.StringArray:
    """Each text as the start of a local part - its words with dots between them, or `user` - and its tail glued on.

    Args:
        texts: Text, dictionary-encoded or not.
        tails: As many texts without nulls.

    Returns:
        Null where the text is null.
    """
    if not isinstance(texts, pa.DictionaryArray):
        texts = texts.dictionary_encode()
    slugs = [
        make_slug(text or "", separator=".")[:_LONGEST].strip(".") or _UNKNOWN for text in texts.dictionary.to_pylist()
    ]
    starts = pa.array(slugs, pa.string()).take(texts.indices)
    return pc.binary_join_element_wise(starts, tails, "")
