"""Compressed files: what lies between an encoder of text and its output, and between a file and its reader."""

from __future__ import annotations

import io
import zlib
from typing import IO, Any, Literal, Protocol, cast

import pyarrow as pa
from pydantic import Field

from tempdata_dagster.publish.formats.base import FormatOptions
from tempdata_dagster.publish.formats.output import Output
from tempdata_dagster.publish.formats.source import Source

Compression = Literal["none", "gzip", "zstd"]
SUFFIXES: dict[Compression, str] = {"none": "", "gzip": ".gz", "zstd": ".zst"}
_BLOCK = 1 << 20
# 15 bits of window, and 16 more for a gzip header: zlib writes one without a time and without a name.
_GZIP_WINDOW = 31


class CompressedOptions(FormatOptions):
    """Base of the options of formats whose files may be compressed as a whole.

    Attributes:
        compression: Of the whole file; its name ends in `.gz` or `.zst` then.
        gzip_level: From 1, the fastest, to 9, the smallest.
    """

    compression: Compression = "none"
    gzip_level: int = Field(default=6, ge=1, le=9)


class Compressor(Protocol):
    """Takes the bytes of a file."""

    def write(self, data: Any) -> object:
        """Append bytes."""

    def close(self) -> None:
        """Write what ends the file; the output stays open."""


class _Gzip:
    def __init__(self, output: Output, level: int) -> None:
        self._output = output
        self._codec = zlib.compressobj(level, zlib.DEFLATED, _GZIP_WINDOW)

    def write(self, data: Any) -> None:
        ready = self._codec.compress(data)
        if ready:
            self._output.write(ready)

    def close(self) -> None:
        self._output.write(self._codec.flush())


def compress_to(output: Output, options: CompressedOptions) -> Compressor:
    """What to write a file's bytes to: `output` itself, or a codec in front of it.

    The same bytes give the same file whenever it is written: no header has a time.
    """
    if options.compression == "gzip":
        return _Gzip(output, options.gzip_level)
    if options.compression == "zstd":
        # Closes the output as well, which takes no notice.
        stream: Compressor = pa.CompressedOutputStream(pa.PythonFile(output, mode="w"), "zstd")
        return stream
    return output


class _Decompressed(io.RawIOBase):
    """What a compressed file holds. Its end is checked: a file that was cut off is no shorter file."""

    def __init__(self, file: IO[bytes], compression: Compression) -> None:
        super().__init__()
        self._source = Source(file)
        self._stream = pa.CompressedInputStream(pa.PythonFile(self._source, mode="r"), compression)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        view = memoryview(buffer)
        with self._source.parsing(OSError):
            data = self._stream.read(len(view))
        if not data and not self._source.tell():
            raise pa.ArrowInvalid("the file is damaged: it is empty")
        view[: len(data)] = data
        return len(data)


def decompress(file: IO[bytes], compression: Compression) -> IO[bytes]:
    """The bytes that were compressed into `file`, from where it stands.

    Raises:
        pyarrow.ArrowInvalid: While it is read, when the file is damaged or cut off.
    """
    if compression == "none":
        return file
    return cast("IO[bytes]", io.BufferedReader(_Decompressed(file, compression), _BLOCK))
