"""A canary secret goes through every failing path of every storage's client, and is found in no error and no log."""

from __future__ import annotations

import logging
import pickle
import traceback
from collections.abc import Callable, Iterator

import pytest

from tempdata_dagster.core.errors import TempDataError, TransientError
from tempdata_dagster.publish import Target
from tempdata_dagster.publish.verify import verify
from tests.emulators.azurite import ACCOUNT
from tests.emulators.gcs import find_port
from tests.emulators.proxy import RESET, Request, Response, run_proxy
from tests.faults.writer import KEYS, publish_to

# Base64, as account keys are, and nothing that a client would change on the way.
CANARY = "Q2FuYXJ5U2VjcmV0VGhhdE5vYm9keVNlZXM="
ANSWERS = ("refused", "400", "401", "403", "404", "412", "500", "200", "reset")
KINDS = ("s3", "s3-token", "s3-environment", "gcs", "gcs-token", "azure", "azure-sas", "azure-environment")


def answer_with(status: str) -> Callable[[Request, object], Response]:
    """A server that quotes what it should not know."""
    if status == "reset":
        return lambda *_: RESET
    message = f"the key {CANARY} is not known here"
    body = f'<?xml version="1.0"?><Error><Code>Odd</Code><Message>{message}</Message></Error>'
    json = f'{{"error": {{"code": {status if status.isdigit() else 0}, "message": "{message}"}}}}'

    def answer(request: Request, _: object) -> Response:
        is_json = "/storage/v1/" in request.path
        kind = "application/json" if is_json else "application/xml"
        return Response(
            int(status), [("Content-Type", kind), ("x-ms-error-code", "Odd")], (json if is_json else body).encode()
        )

    return answer


def make_target(kind: str, port: int, monkeypatch: pytest.MonkeyPatch) -> tuple[str, dict[str, object]]:
    endpoint = f"http://127.0.0.1:{port}"
    quick = {"timeout": 1, "retries": 0}
    if kind.startswith("s3"):
        keys = {"s3": {"key": "canary-user", "secret": CANARY}}.get(kind, {})
        if kind == "s3-token":
            keys = {"key": "canary-user", "secret": "other", "client_kwargs": {"aws_session_token": CANARY}}
        if kind == "s3-environment":
            monkeypatch.setenv("AWS_ACCESS_KEY_ID", "canary-user")
            monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", CANARY)
        return "s3://bucket/lake", {**keys, **quick, "endpoint_url": endpoint}
    if kind.startswith("gcs"):
        # Google is asked whether it knows the token, wherever the storage is; here by a proxy that is not there.
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{find_port()}")
        token = CANARY
        if kind == "gcs":
            token = {"access_token": CANARY, "refresh_token": CANARY, "client_secret": CANARY, "client_id": "me"}
            token |= {"type": "authorized_user"}
        return "gs://bucket/lake", {"token": token, "project": "test", **quick, "endpoint_url": endpoint}
    blobs = f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};BlobEndpoint={endpoint}/{ACCOUNT};"
    if kind == "azure-sas":
        blobs += f"SharedAccessSignature=sv=2024-01-01&sig={CANARY}"
    else:
        blobs += f"AccountKey={CANARY}"
    if kind == "azure-environment":
        monkeypatch.setenv("AZURE_STORAGE_CONNECTION_STRING", blobs)
        return "abfs://bucket/lake", quick
    return "abfs://bucket/lake", {"connection_string": blobs, **quick}


def attempts(target: Target) -> Iterator[Callable[[], object]]:
    store = target.store
    yield store.check_usable
    yield lambda: store.find("a")
    yield lambda: store.read("a")
    yield lambda: store.open("a").read()
    yield lambda: list(store.entries("a"))
    yield lambda: store.folders("a")
    yield lambda: store.delete(["a"])
    yield lambda: store.put("a", b"1", None)
    yield lambda: store.put("a", b"1", "x")
    yield lambda: store.place("b", {"part-00000.parquet": "a"}, type("Held", (), {"check": lambda _: None})())
    yield lambda: store.create("a").commit()
    yield lambda: publish_to(target, 0, KEYS[0])
    yield lambda: verify(target)
    yield lambda: target.dataset("retail", "orders")


def catch(attempt: Callable[[], object]) -> TempDataError | None:
    try:
        attempt()
    except TempDataError as error:
        return error
    return None


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_a_secret_is_found_in_no_error_and_no_log(kind, monkeypatch, caplog, torture):
    # At DEBUG botocore itself logs whole answers, and the session token with its headers: that is its own affair.
    caplog.set_level(logging.INFO)
    failed = 0
    answers = ANSWERS if torture or kind in ("s3", "azure") else ANSWERS[:4]
    for status in answers:
        with run_proxy(("127.0.0.1", find_port()), answer_with(status if status != "refused" else "500")) as port:
            made = make_target(kind, find_port() if status == "refused" else port, monkeypatch)
            if kind == "gcs-token":
                error = catch(lambda made=made: Target.open(*made))
                assert CANARY[:10] not in "".join(traceback.format_exception(error))
                assert isinstance(error, TransientError)
                return
            target = Target.open(*made)
            assert CANARY not in f"{target!r} {target} {target.store!r} {target.store.url} {target.store.uri('k')}"
            for attempt in attempts(target):
                error = catch(attempt)
                if error is not None:
                    failed += 1
                    told = "".join(traceback.format_exception(error)) + repr(error) + repr(pickle.dumps(error))
                    assert CANARY[:10] not in told, status
                    assert "canary-user" not in str(error)
    assert failed > 5 * len(answers)
    loud = {record.name for record in caplog.records if CANARY[:10] in record.getMessage()}
    assert loud == set()
