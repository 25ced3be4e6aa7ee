from __future__ import annotations

import errno

import pytest

from tempdata_dagster.core.errors import DataError, TerminalError, TransientError
from tempdata_dagster.publish.failure import is_refused_precondition, mapping_errors


def boto_error(status: int, code: str) -> Exception:
    from botocore.exceptions import ClientError

    return ClientError({"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}, "PutObject")


def google_error(code: int) -> Exception:
    from gcsfs.retry import HttpError

    return HttpError({"code": code, "message": "said no"})


def azure_error(status: int) -> Exception:
    from azure.core.exceptions import HttpResponseError

    error = HttpResponseError("said no")
    error.status_code = status
    return error


def endpoint_error() -> Exception:
    from botocore.exceptions import EndpointConnectionError

    return EndpointConnectionError(endpoint_url="http://x")


def credentials_error() -> Exception:
    from botocore.exceptions import NoCredentialsError

    return NoCredentialsError()


@pytest.mark.parametrize(
    ("error", "kind", "code"),
    [
        (OSError(errno.ENOSPC, "full"), TerminalError, "TD3012"),
        (OSError(errno.EDQUOT, "quota"), TerminalError, "TD3012"),
        (OSError(errno.EFBIG, "limit"), TerminalError, "TD3012"),
        (PermissionError("no"), TerminalError, "TD3011"),
        (OSError(errno.EROFS, "read-only"), TerminalError, "TD3011"),
        (boto_error(403, "AccessDenied"), TerminalError, "TD3011"),
        (credentials_error(), TerminalError, "TD3011"),
        (azure_error(401), TerminalError, "TD3011"),
        (FileNotFoundError("no"), TerminalError, "TD3013"),
        (boto_error(404, "NoSuchBucket"), TerminalError, "TD3013"),
        (OSError(errno.EIO, "broken"), TerminalError, "TD3014"),
        (OSError(errno.EXDEV, "other disk"), TerminalError, "TD3014"),
        (ValueError("odd"), TerminalError, "TD3014"),
        (TimeoutError("late"), TransientError, "TD3010"),
        (ConnectionResetError("gone"), TransientError, "TD3010"),
        (OSError(errno.EBUSY, "SlowDown"), TransientError, "TD3010"),
        (boto_error(503, "SlowDown"), TransientError, "TD3010"),
        (boto_error(429, "TooManyRequests"), TransientError, "TD3010"),
        (google_error(500), TransientError, "TD3010"),
        (azure_error(503), TransientError, "TD3010"),
        (endpoint_error(), TransientError, "TD3010"),
    ],
)
def test_every_foreign_error_becomes_one_of_ours(error, kind, code):
    with pytest.raises(kind) as caught, mapping_errors("write", "s3://bucket/key"):
        raise error
    assert type(caught.value) is kind
    assert caught.value.code == code
    assert caught.value.exit_code == 3
    assert "cannot write s3://bucket/key" in caught.value.message
    assert caught.value.__cause__ is error


def test_our_own_errors_and_interrupts_pass():
    for error in (DataError("TD2001", "ours"), KeyboardInterrupt()):
        with pytest.raises(type(error)) as caught, mapping_errors("write", "x"):
            raise error
        assert caught.value is error


@pytest.mark.parametrize(
    ("error", "refused"),
    [
        (boto_error(412, "PreconditionFailed"), True),
        (boto_error(409, "ConditionalRequestConflict"), True),
        (google_error(412), True),
        (FileExistsError("there"), True),
        (boto_error(403, "AccessDenied"), False),
        (TimeoutError("late"), False),
        (OSError(errno.EIO, "broken"), False),
    ],
)
def test_refused_preconditions_are_told_from_failures(error, refused):
    assert is_refused_precondition(error) is refused
