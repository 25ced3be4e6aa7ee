"""What publishing asks of a file format."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import IO, Any, Protocol

import pyarrow as pa

from tempdata_dagster.core.registry import Registry
from tempdata_dagster.publish.stores import Sink


@dataclass(frozen=True)
class Written:
    """What one pass of writing learned about a file.

    Attributes:
        bytes: The file's size.
        checksum: XXH3 with 128 bits of the file's bytes, 32 hexadecimal digits: to compare with what is read back.
        content_hash: Of the Arrow content (`core.content`), whatever the format.
    """

    rows: int
    bytes: int
    checksum: str
    content_hash: str


class Format(Protocol):
    """Writes a stream of record batches as one file, and says what a file holds."""

    def __init__(self, options: Mapping[str, Any]) -> None: ...

    def write(
        self, sink: Sink, schema: pa.Schema, batches: Iterable[pa.RecordBatch], metadata: Mapping[str, str]
    ) -> Written:
        """Write all batches and commit the sink; abort it, and raise, when anything fails."""

    def inspect(self, file: IO[bytes]) -> tuple[int, pa.Schema]:
        """Rows and schema of a file.

        Raises:
            pyarrow.ArrowException: The file is damaged.
        """


FORMATS: Registry[Format] = Registry("format", "tempdata_dagster.publish.formats")
