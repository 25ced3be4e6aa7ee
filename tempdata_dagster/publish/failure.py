"""Foreign exceptions of storage, mapped to ours at the edge: transient is worth a retry, terminal is not."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from tempdata_dagster.core.errors import OutsideError, TempDataError, TerminalError, TransientError

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
}  # fmt: skip
_DENIED_NAMES = {
    "NoCredentialsError", "PartialCredentialsError", "ClientAuthenticationError", "DefaultCredentialsError",
    "TokenRetrievalError", "UnauthorizedSSOTokenError", "RefreshError", "ProfileNotFound",
}  # fmt: skip


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


def to_error(error: BaseException, action: str, place: str) -> OutsideError:
    """Our error for a foreign one that was raised while doing `action` ("write") at `place` (a URI without secrets)."""
    names = {kind.__name__ for kind in type(error).__mro__}
    number = error.errno if isinstance(error, OSError) else None
    status = status_of(error)
    said = f"cannot {action} {place}"
    reason = f"{type(error).__name__}: {error}".strip().splitlines()[0][:300]
    if number in _FULL:
        return TerminalError(
            "TD3012", f"{said}: no space is left", "free some space, then run again: nothing was changed"
        )
    if isinstance(error, PermissionError) or number in _DENIED or names & _DENIED_NAMES or status in (401, 403):
        return TerminalError("TD3011", f"{said}: not allowed ({reason})", "check the credentials and the permissions")
    passing = isinstance(error, (ConnectionError, TimeoutError)) or number in _PASSING or names & _PASSING_NAMES
    if passing or (status is not None and (status in (408, 429) or status >= 500)):
        return TransientError("TD3010", f"{said}: the storage did not answer as it should ({reason})", "run again")
    if isinstance(error, FileNotFoundError) or number in _MISSING or status == 404:
        return TerminalError(NOT_FOUND, f"{said}: not found ({reason})", "check that the bucket or the folder exists")
    return TerminalError("TD3014", f"{said}: {reason}")


@contextmanager
def mapping_errors(action: str, place: str) -> Iterator[None]:
    """Map what storage raises inside the block.

    Raises:
        TransientError: TD3010 for timeouts, lost connections and throttling.
        TerminalError: TD3011 permission, TD3012 full disk, TD3013 not found, TD3014 anything else.
    """
    try:
        yield
    # Mapped by a block within, which knows the place better.
    except TempDataError:
        raise
    except Exception as error:
        raise to_error(error, action, place) from error
