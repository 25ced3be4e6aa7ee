"""XML as a stream of events, without what a hostile file could make of it: no DTD, and so no entities but XML's own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Any
from xml.parsers import expat

import pyarrow as pa

_BLOCK = 1 << 20


def make_parser(separator: str | None = None) -> Any:
    """A parser of expat that refuses document types.

    Args:
        separator: Between a namespace and a name; without it prefixes stay as they are written.
    """
    parser = expat.ParserCreate(namespace_separator=separator)
    parser.buffer_text = True
    parser.buffer_size = _BLOCK
    parser.StartDoctypeDeclHandler = _refuse_doctype
    return parser


def _refuse_doctype(*_: Any) -> None:
    raise pa.ArrowInvalid("the file has a document type, which data have not")


def parse_blocks(parser: Any, file: IO[bytes]) -> Iterator[None]:
    """Hand a file to a parser, and come back after each megabyte.

    Raises:
        pyarrow.ArrowInvalid: It is no XML, or ends too early.
    """
    try:
        while block := file.read(_BLOCK):
            parser.Parse(block, False)
            yield
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise pa.ArrowInvalid(f"the file is damaged: {error}") from error
    yield
