"""Names that are safe everywhere: path segments, one way to join paths, storage URLs."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import unquote, urlsplit

from tempdata_dagster.core.errors import InputError

SCHEMES = ("file", "s3", "gs", "gcs", "abfs", "abfss", "az", "memory")
FILE_DATABASES = ("sqlite", "duckdb")
DATABASES = (*FILE_DATABASES, "postgresql", "mysql", "mariadb")
# File systems take names of 255 bytes.
_SEGMENT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.=:+-]{0,199}")
# Device names that Windows refuses as a file's stem, whatever its extension (Microsoft, "Naming Files").
_DEVICES = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))}
# 222 characters: a bucket of Google's whose name has dots. The `@` is Azure's `container@account`.
_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{1,221}")


def fold(name: str) -> str:
    """The form in which two names count as equal: NFC, without case."""
    return unicodedata.normalize("NFC", name).casefold()


def find_clashes(names: Iterable[str]) -> list[tuple[str, str]]:
    """The `(first, later)` pairs of names that are equal but for case or Unicode form."""
    seen: dict[str, str] = {}
    return [(first, name) for name in names if (first := seen.setdefault(fold(name), name)) != name]


def check_segment(segment: str) -> str:
    """`segment`, if it can be one level of a path on every file system and object store.

    Raises:
        InputError: TD1034 when it cannot.
    """
    if not _SEGMENT.fullmatch(segment) or segment.endswith("."):
        hint = "letters, digits and _ . = : + - only, no dot at either end"
        raise InputError("TD1034", f"{segment[:60]!r} is no name for a file or folder", hint)
    if segment.split(".", 1)[0].lower() in _DEVICES:
        raise InputError("TD1034", f"'{segment[:60]}' is a device on Windows, not a file", "choose another name")
    return segment


def safe_join(folder: Path, relative: str) -> Path:
    """The file `relative` within `folder`, both resolved; links that lead outside are refused.

    Raises:
        InputError: TD1034 when the path is absolute, climbs out, or is not written with plain segments.
    """
    if relative.startswith(("/", "\\", "~")) or re.match(r"[A-Za-z]:", relative):
        hint = "write it relative to the dataset's folder"
        raise InputError("TD1034", f"'{relative[:80]}' is an absolute path", hint)
    segments = relative.split("/")
    if ".." in segments:
        hint = "keep the file in the dataset's folder"
        raise InputError("TD1034", f"'{relative[:80]}' leads out of the folder", hint)
    # `%` too: who decodes `%2e%2e` has `..`.
    for segment in segments:
        if any(character in segment for character in "\\\0\r\n%") or segment in ("", "."):
            raise InputError("TD1034", f"{relative[:80]!r} is no plain path", "write it as folder/file.csv")
    root = folder.resolve()
    # Once more when resolved: plain text may still name a link that leads elsewhere.
    joined = root.joinpath(*segments).resolve()
    if not joined.is_relative_to(root):
        hint = "copy the file into the dataset's folder"
        raise InputError("TD1034", f"'{relative[:80]}' is a link that leads out of the folder", hint)
    return joined


def check_url(url: str) -> str:
    """A storage root, if it is a local path or a URL of a supported store, without secrets in it.

    Raises:
        InputError: TD1051 when it is not; the message never repeats a password.
    """
    if "://" not in url:
        return _check_local(url)
    scheme, _, rest = url.partition("://")
    known = (*SCHEMES, *DATABASES)
    if scheme not in known:
        raise InputError("TD1051", f"storage '{scheme[:20]}://' is not supported", f"known: {', '.join(known)}")
    try:
        parts = urlsplit(f"//{rest}")
    # `from None`: the parser's own text quotes the user's name and password.
    except ValueError:
        raise InputError("TD1051", f"the {scheme} URL is not one", f"write {scheme}://bucket/path") from None
    if parts.password or (parts.username and not scheme.startswith("abfs")):
        hint = "give credentials as options: {key: 'env:NAME'}"
        raise InputError("TD1051", f"the {scheme} URL holds a user name or password", hint)
    if parts.query or parts.fragment:
        raise InputError("TD1051", f"the {scheme} URL holds '?' or '#'", "write only the bucket and the path")
    if scheme == "file":
        _check_local(rest)
        return url
    if scheme in FILE_DATABASES:
        return _check_database_file(url, rest)
    _check_levels(scheme, rest)
    if scheme in DATABASES:
        return url
    if scheme != "memory" and not _BUCKET.fullmatch(parts.netloc):
        raise InputError("TD1051", f"the {scheme} URL needs a bucket", f"write {scheme}://bucket/path")
    return url


def _check_local(path: str) -> str:
    if not path or "\0" in path:
        raise InputError("TD1051", "the storage root is empty", "write a folder such as ./lake")
    if Path(path).expanduser().resolve() in (Path("/"), Path.home()):
        hint = "choose a folder of its own, such as ./lake"
        raise InputError("TD1051", "the storage root is the root of the disk or the home folder", hint)
    return path


def _check_database_file(url: str, rest: str) -> str:
    if not rest.startswith("/") or not Path(rest).name:
        scheme = url.partition(":")[0]
        hint = f"write {scheme}:///folder/name.db, or four slashes for an absolute path"
        raise InputError("TD1051", f"the {scheme} URL names no file", hint)
    return url


def _check_levels(scheme: str, path: str) -> None:
    if ".." in unquote(path).split("/") or "\\" in path:
        raise InputError("TD1051", f"the {scheme} URL climbs out of its bucket by '..'", "write the path itself")
