from __future__ import annotations

import errno
import traceback

import pytest

from tempdata_dagster.core.errors import DataError, TerminalError, TransientError
from tempdata_dagster.publish.failure import find_secrets, is_refused_precondition, mapping_errors


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
        (azure_error(200), TransientError, "TD3010"),
        (OSError("Forbidden: https://storage"), TerminalError, "TD3011"),
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


CANARY = "c4n4ry-of-a-secret=="


def test_secrets_are_found_at_any_depth_and_in_their_parts():
    options = {
        "connection_string": f"AccountName=mine;AccountKey={CANARY};BlobEndpoint=http://x",
        "client_kwargs": {"aws_session_token": "tok-1234"},
        "token": {"refresh_token": "ref-1234", "client_id": "id-12345"},
        "endpoint_url": "http://not.secret",
        "key": "abc",
    }
    found = find_secrets(options)
    assert {CANARY, "tok-1234", "ref-1234", "id-12345"} <= found
    assert not found & {"http://not.secret", "abc", "mine"}


@pytest.mark.parametrize("said", [CANARY, "c4n4ry-of-a-secret%3D%3D", f"x{CANARY}y", f"AccountKey={CANARY}"])
def test_a_secret_that_a_library_quotes_is_in_no_message_and_in_no_cause(said):
    with pytest.raises(TerminalError) as caught, mapping_errors("write", "s3://b/k", {CANARY}):
        raise ValueError(f"{'long ' * 55}{said}")
    assert "c4n4ry" not in "".join(traceback.format_exception(caught.value))
    assert caught.value.__cause__ is None


def test_secrets_of_the_environment_are_redacted_too(monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", CANARY)
    with pytest.raises(TerminalError) as caught, mapping_errors("write", "s3://b/k"):
        raise ValueError(f"bad key {CANARY}")
    assert "c4n4ry" not in str(caught.value)
