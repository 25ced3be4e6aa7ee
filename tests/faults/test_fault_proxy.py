"""The real client libraries against emulators, through a proxy that fails the i-th request on the wire."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest

from tempdata_dagster.core.errors import OutsideError, TransientError
from tempdata_dagster.publish import Target
from tempdata_dagster.publish.verify import verify
from tests.emulators.azurite import connect_to
from tests.emulators.lakes import make_options
from tests.emulators.proxy import RESET, Request, Response, run_proxy
from tests.faults.writer import KEYS, publish_to, read_version

KEY = KEYS[0]
MIB = 1 << 20
CLOUDS = ("s3", "gcs", "azure")
ON_THE_WIRE = ("status_500", "status_503", "reset", "timeout", "lost_response", "error_body")
PATIENCE = 1.0
# Publishing takes 63 requests of S3, 66 of Azure, 81 of GCS; 9 of each write.
FEWEST, FEWEST_WRITES = 60, 9
ERROR = b'<?xml version="1.0"?><Error><Code>InternalError</Code><Message>We encountered an internal error.</Message></Error>'


class WireFault:
    """Passes requests on, but for one, or for all from one on.

    Only what writes is answered with 200 and an error, and counted by that fault: S3 does so for copies and completed uploads.
    """

    def __init__(self, kind: str, at: int = 0, *, for_ever: bool = False) -> None:
        self.kind = kind
        self.at = at
        self.for_ever = for_ever
        self.requests: list[str] = []
        self.struck = 0
        self._lock = threading.Lock()

    def __call__(self, request: Request, send: Callable[[Request], Response]) -> Response:
        with self._lock:
            counts = self.kind != "error_body" or request.method in ("PUT", "POST")
            self.requests += [request.method] * counts
            number = len(self.requests)
            strikes = counts and bool(self.at) and (number == self.at or (self.for_ever and number > self.at))
            self.struck += strikes
        if not strikes:
            return send(request)
        if self.kind in ("timeout", "lost_response"):
            send(request)
            time.sleep(2 * PATIENCE if self.kind == "timeout" else 0)
            return RESET
        if self.kind == "reset":
            return RESET
        status = {"status_500": 500, "status_503": 503, "error_body": 200}[self.kind]
        return Response(status, [("Content-Type", "application/xml")], ERROR)


@contextmanager
def failing(kind: str, target: Target, fault: WireFault, **options: object) -> Iterator[Target]:
    """The same lake by way of a proxy."""
    place = target.options["connection_string"].partition("BlobEndpoint=")[2] if kind == "azure" else None
    url = urlsplit(place or target.options["endpoint_url"])
    with run_proxy((url.hostname, url.port), fault) as port:
        changed = {"connection_string": connect_to(port)} if kind == "azure" else make_options(kind, port)
        yield Target.open(target.url, {**target.options, **changed, "timeout": PATIENCE, **options})


def read_lake(target: Target) -> int:
    assert {finding.kind for finding in verify(target)} <= {"unfinished", "extra"}
    return read_version(target.dataset("retail", "orders").to_table())


def list_requests(kind: str, wire: str, target: Target, *, all_of_them: bool) -> range:
    """The numbers of the requests that a fault can strike while a partition is published."""
    if not all_of_them:
        return range(1, (FEWEST_WRITES if wire == "error_body" else FEWEST) + 1)
    fault = WireFault(wire)
    publish_to(target, 3, KEY)
    with failing(kind, target, fault) as lake:
        publish_to(lake, 2, KEY)
    return range(1, len(fault.requests) + 1)


@pytest.mark.slow
@pytest.mark.parametrize("kind", CLOUDS)
@pytest.mark.parametrize("wire", ON_THE_WIRE)
def test_a_request_that_fails_once_is_made_again(kind, wire, new_lake, figure, torture):
    target = Target.open(*new_lake(kind))
    draw = random.Random(f"{kind} {wire}")
    requests = list_requests(kind, wire, target, all_of_them=torture)
    struck, chosen = 0, requests if torture else draw.sample(requests, 1)
    for at in chosen:
        publish_to(target, 3, KEY)
        fault = WireFault(wire, at)
        with failing(kind, target, fault, retries=3) as lake:
            publish_to(lake, 2, KEY)
        assert read_lake(target) == 2
        assert verify(target) == []
        struck += fault.struck
    # While it tries again, a client may ask more or less than the time before.
    assert 0.9 * len(chosen) <= struck <= len(chosen)
    figure(f"{wire} of {struck} single requests on the wire ({kind}), tried again: all published, 0 duplicate rows")


@pytest.mark.slow
@pytest.mark.parametrize("kind", CLOUDS)
def test_without_retries_a_failed_request_is_a_typed_error_and_one_version_is_whole(kind, new_lake, figure, torture):
    target = Target.open(*new_lake(kind))
    draw = random.Random(kind)
    seen: Counter[str] = Counter()
    points = [(wire, at) for wire in ON_THE_WIRE for at in list_requests(kind, wire, target, all_of_them=torture)]
    for wire, at in points if torture else draw.sample(points, 3):
        publish_to(target, 3, KEY)
        with failing(kind, target, WireFault(wire, at), retries=0) as lake:
            try:
                publish_to(lake, 2, KEY)
            except OutsideError as error:
                seen[error.code] += 1
            else:
                seen["published"] += 1
                assert read_lake(target) == 2
        assert read_lake(target) in (2, 3)
        target.store.delete([entry.key for entry in target.store.entries("_staging/_locks")])
        publish_to(target, 2, KEY)
        assert verify(target) == []
    figure(
        f"{seen.total()} failed requests on the wire ({kind}), none tried again: {dict(sorted(seen.items()))}, 0 torn"
    )


@pytest.mark.parametrize("kind", CLOUDS)
def test_a_storage_that_is_gone_ends_in_a_typed_error_and_not_in_waiting(kind, new_lake):
    target = Target.open(*new_lake(kind))
    publish_to(target, 0, KEY)
    fault = WireFault("status_503", 8, for_ever=True)
    began = time.monotonic()
    with (
        failing(kind, target, fault, retries=2, retry_seconds=5) as lake,
        pytest.raises(TransientError, match="TD3010"),
    ):
        publish_to(lake, 1, KEY)
    assert time.monotonic() - began < 10
    # Three tries of the call, and three of each that is to leave nothing behind: no client repeats any of them by itself.
    assert fault.struck <= 18
    assert read_lake(target) == 0


def upload(target: Target, data: bytes) -> None:
    sink = target.store.create("_staging/run/retail/orders/static/part-00000.parquet")
    try:
        for start in range(0, len(data), 3 * MIB):
            sink.write(data[start : start + 3 * MIB])
        sink.commit()
    except BaseException:
        sink.abort()
        raise


@pytest.mark.slow
@pytest.mark.parametrize("wire", ON_THE_WIRE)
@pytest.mark.parametrize("kind", CLOUDS)
def test_an_upload_by_parts_survives_any_single_failed_request(kind, wire, new_lake, torture):
    target = Target.open(*new_lake(kind))
    data = random.Random(1).randbytes(11 * MIB)
    fault = WireFault(wire)
    with failing(kind, target, fault, part_size="5MiB", retries=3) as lake:
        upload(lake, data)
        # The last requests are those that make the object of its parts.
        requests = range(1, len(fault.requests) + 1)
        for at in requests if torture or (kind, wire) == ("s3", "lost_response") else (1, requests[-1]):
            fault.at, fault.requests = at, []
            upload(lake, data)
            [entry] = target.store.entries("")
            with target.store.open(entry.key) as file:
                assert file.read() == data
            target.store.delete([entry.key])
    assert fault.struck >= 2
