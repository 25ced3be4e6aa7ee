"""Foreign exceptions of storage, mapped to ours at the edge: transient is worth a retry, terminal is not."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NoReturn
from urllib.parse import quote

from tempdata_dagster.core.errors import InputError, OutsideError, TempDataError, TerminalError, TransientError
from tempdata_dagster.core.secrets import is_secret_name, redact

NOT_FOUND = "TD3013"
# EFBIG is the answer to a limit on the size of files (`ulimit -f`).
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_DENIED = {errno.EACCES, errno.EPERM, errno.EROFS}
_MISSING = {errno.ENOENT, errno.ENOTDIR, errno.ENXIO, errno.ENODEV}
# EREMOTEIO and EBUSY are what s3fs makes of 500 and of 503 or 409.
_PASSING = {
    errno.EAGAIN, errno.EBUSY, errno.EINTR, errno.EREMOTEIO, errno.ETIMEDOUT, errno.ECONNRESET, errno.ECONNREFUSED,
    errno.ECONNABORTED, errno.EPIPE, errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ENETDOWN, errno.ESTALE,
}  # fmt: skip
# Names rather than classes: naming botocore, aiohttp or the Azure SDK must not import them.
_PASSING_NAMES = {
    "ClientConnectionError", "ClientOSError", "ConnectTimeoutError", "ConnectionClosedError", "EndpointConnectionError",
    "HTTPClientError", "IncompleteReadError", "ReadTimeoutError", "ResponseStreamingError", "ServerDisconnectedError",
    "ServerTimeoutError", "ServiceRequestError", "ServiceResponseError", "TimeoutError", "FSTimeoutError",
    "ClientPayloadError",
    # What requests and gcsfs call theirs, and an answer that is not the JSON or XML that it should be.
    "ChecksumError", "ChunkedEncodingError", "ConnectionError", "ProxyError", "Timeout", "TransportError", "JSONDecodeError", "ResponseParserError",
}  # fmt: skip
_DENIED_NAMES = {
    "NoCredentialsError", "PartialCredentialsError", "ClientAuthenticationError", "DefaultCredentialsError",
    "TokenRetrievalError", "UnauthorizedSSOTokenError", "RefreshError", "ProfileNotFound",
}  # fmt: skip
# Where the clients look for credentials by themselves.
_SECRET_VARIABLES = (
    "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AZURE_STORAGE_ACCOUNT_KEY", "AZURE_STORAGE_KEY",
    "AZURE_STORAGE_CONNECTION_STRING", "AZURE_STORAGE_SAS_TOKEN", "AZURE_STORAGE_CLIENT_SECRET", "AZURE_CLIENT_SECRET",
)  # fmt: skip
# Hiding shorter texts would make holes in words and hide nothing.
_SHORTEST = 4


def miss_package(subject: str, extra: str) -> InputError:
    """TD3015 for what needs a package that only comes with an extra."""
    hint = f"pip install 'tempdata-dagster[{extra}]'"
    return InputError("TD3015", f"{subject} needs a package that is not installed", hint)


def find_secrets(options: Mapping[str, Any]) -> frozenset[str]:
    """The secrets in the options of a store: whatever has a secret's name, at any depth, and its parts."""
    found: set[str] = set()
    for name, value in options.items():
        if isinstance(value, Mapping):
            nested = value if not is_secret_name(str(name)) else {f"secret_{key}": one for key, one in value.items()}
            found |= find_secrets({str(key): one for key, one in nested.items()})
        elif isinstance(value, str) and is_secret_name(str(name)):
            found |= _split_secret(value)
    return frozenset(found)


def _split_secret(value: str) -> set[str]:
    # A connection string and a shared access signature are lists of names and values, which clients quote one by one.
    pairs = [part.partition("=") for part in value.replace("&", ";").lstrip("?").split(";")]
    parts = {part[2] for part in pairs if is_secret_name(part[0]) or part[0] == "AccountKey"}
    return {one for one in {value, *parts} if len(one) >= _SHORTEST}


def _secrets_of_environment() -> set[str]:
    values = (os.environ.get(name, "") for name in _SECRET_VARIABLES)
    return {part for value in values if value for part in _split_secret(value)}


def status_of(error: BaseException) -> int | None:
    """The HTTP status that an error, or one that it came from, carries."""
    seen: BaseException | None = error
    while seen is not None:
        response = getattr(seen, "response", None)
        if isinstance(response, dict):
            status = response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        else:
            status = getattr(seen, "status", None) or getattr(seen, "status_code", None) or getattr(seen, "code", None)
        # `code` may be anything: an exit code, an enum, a method.
        if isinstance(status, int) and 100 <= status < 600:
            return status
        # File systems raise a plain OSError whose cause is the client's error, which alone knows the status.
        seen = seen.__cause__ or seen.__context__
    return None


def is_refused_precondition(error: BaseException) -> bool:
    """Whether a conditional write was refused because the object is not what it was held for."""
    names = {kind.__name__ for kind in type(error).__mro__}
    # gcsfs makes a FileExistsError of 412, without a status.
    if status_of(error) in (409, 412) or names & {"FileExistsError", "ResourceExistsError", "ResourceModifiedError"}:
        return True
    return isinstance(error, OSError) and any(
        code in str(error) for code in ("PreconditionFailed", "pre-conditions", "ConditionalRequestConflict", "412")
    )


def to_error(error: BaseException, action: str, place: str, secrets: Iterable[str] = ()) -> OutsideError:
    """Our error for a foreign one that was raised while doing `action` ("write") at `place` (a URI without secrets)."""
    names = {kind.__name__ for kind in type(error).__mro__}
    number = error.errno if isinstance(error, OSError) else None
    status = status_of(error)
    said = f"cannot {action} {place}"
    # Redacted before it is cut: the rest of a secret is still one.
    reason = hide(f"{type(error).__name__}: {error}", secrets).strip().splitlines()[0][:300]
    if number in _FULL:
        return TerminalError(
            "TD3012", f"{said}: no space is left", "free some space, then run again: nothing was changed"
        )
    # gcsfs makes a plain OSError of 403.
    forbidden = status in (401, 403) or (isinstance(error, OSError) and str(error).startswith("Forbidden"))
    if isinstance(error, PermissionError) or number in _DENIED or names & _DENIED_NAMES or forbidden:
        return TerminalError("TD3011", f"{said}: not allowed ({reason})", "check the credentials and the permissions")
    passing: bool = (
        isinstance(error, (ConnectionError, TimeoutError)) or number in _PASSING or bool(names & _PASSING_NAMES)
    )
    # An answer that says 200 and yet ends in an error has the error in its body.
    answered_badly = status is not None and (status in (408, 429) or status >= 500 or 200 <= status < 300)
    if passing or answered_badly:
        return TransientError("TD3010", f"{said}: the storage did not answer as it should ({reason})", "run again")
    if isinstance(error, FileNotFoundError) or number in _MISSING or status == 404:
        return TerminalError(NOT_FOUND, f"{said}: not found ({reason})", "check that the bucket or the folder exists")
    return TerminalError("TD3014", f"{said}: {reason}")


def hide(text: str, secrets: Iterable[str] = ()) -> str:
    """A foreign text without these secrets, those of the environment, and whatever looks like one."""
    known = {*secrets, *_secrets_of_environment()}
    # As a URL has it, too: `=` is what most keys end with.
    return redact(text, known | {quote(secret, safe="") for secret in known} | {quote(secret) for secret in known})


def raise_mapped(mapped: TempDataError, error: BaseException, secrets: Iterable[str] = ()) -> NoReturn:
    """Raise ours from a foreign error, which tracebacks and event logs repeat: only if nothing in it is secret."""
    if mapped is error:
        raise mapped
    seen: BaseException | None = error
    while seen is not None:
        said = f"{seen} {seen.args}"
        if hide(said, secrets) != said:
            raise mapped from None
        seen = seen.__cause__ or seen.__context__
    raise mapped from error


@contextmanager
def mapping_errors(action: str, place: str, secrets: Iterable[str] = ()) -> Iterator[None]:
    """Map what storage raises inside the block.

    Args:
        action: What is done, as a verb.
        place: Where: a URI without secrets.
        secrets: Never repeated, whoever quotes them.

    Raises:
        TransientError: TD3010 for timeouts, lost connections and throttling.
        TerminalError: TD3011 permission, TD3012 full disk, TD3013 not found, TD3014 anything else.
    """
    try:
        yield
    # Mapped by a block within, which knows the place better.
    except TempDataError:
        raise
    except Exception as error:  # noqa: BLE001 - what libraries raise is theirs to choose
        raise_mapped(to_error(error, action, place, secrets), error, secrets)
