from __future__ import annotations

import uuid

import pytest

from tempdata_dagster.publish import Target


@pytest.fixture(scope="session")
def s3_options():
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield {"key": "testing", "secret": "testing", "endpoint_url": f"http://{host}:{port}"}
    server.stop()


@pytest.fixture
def s3_bucket(s3_options):
    name = uuid.uuid4().hex
    url = f"s3://{name}/lake"
    Target.open(url, s3_options).store.fs.call_s3("create_bucket", Bucket=name)
    return url, s3_options
