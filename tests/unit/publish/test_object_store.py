"""What a client is told, and how objects travel: accounts, profiles, parts, processes."""

from __future__ import annotations

import multiprocessing
import random
import threading
import time
import tracemalloc
from concurrent.futures import ProcessPoolExecutor
from urllib.parse import urlsplit

import pytest

from tempdata_dagster.core.errors import InputError
from tempdata_dagster.publish import Target
from tempdata_dagster.publish.stores.transfer import MIB
from tests.emulators.azurite import ACCOUNT, connect_to
from tests.emulators.lakes import make_bucket, make_url
from tests.emulators.proxy import run_proxy
from tests.faults.writer import KEYS, publish_to, read_version

KEY = "_staging/run/retail/orders/static/part-00000.parquet"


@pytest.mark.parametrize(
    ("url", "options", "account", "host"),
    [
        ("abfs://c@acme.dfs.core.windows.net/lake", {}, "acme", "https://acme.blob.core.windows.net"),
        ("abfss://c@acme.dfs.core.windows.net/lake", {}, "acme", "https://acme.blob.core.windows.net"),
        ("az://c/lake", {"account_name": "acme"}, "acme", "https://acme.blob.core.windows.net"),
        ("abfs://c@acme.dfs.core.chinacloudapi.cn/lake", {}, "acme", "https://acme.blob.core.chinacloudapi.cn"),
        ("abfs://c@acme.dfs.core.windows.net/lake", {"account_name": "other"}, "other", "https://other.blob.core.windows.net"),
    ],
)  # fmt: skip
def test_the_account_is_in_the_url_or_in_an_option(url, options, account, host):
    store = Target.open(url, {"anon": True, **options}).store
    assert (store.fs.account_name, store.fs.account_url) == (account, host)
    assert store.uri("k") == "abfs://c/lake/k"


def test_an_account_is_needed(monkeypatch):
    monkeypatch.delenv("AZURE_STORAGE_ACCOUNT_NAME", raising=False)
    with pytest.raises(InputError, match=r"TD3004.*account_name"):
        Target.open("az://container/lake", {"anon": True})
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_NAME", "acme")
    assert Target.open("az://container/lake", {"anon": True, "timeout": 9}).store.fs.account_name == "acme"


def test_a_url_with_its_account_is_published_to(request, azure_options):
    url, options = make_url("azure", request)
    container = urlsplit(url).netloc
    target = Target.open(f"abfs://{container}@{ACCOUNT}.dfs.core.windows.net/lake", options)
    publish_to(target, 3, KEYS[0])
    assert read_version(Target.open(url, options).dataset("retail", "orders").to_table()) == 3


def test_a_profile_names_the_credentials(request, s3_options, tmp_path, monkeypatch):
    (tmp_path / "credentials").write_text(
        "[staging]\naws_access_key_id = OFTHEPROFILE\naws_secret_access_key = hidden\n"
    )
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    url, options = make_url("s3", request)
    seen: set[str] = set()

    def watch(asked, send):
        seen.add(dict(asked.headers)["Authorization"].partition("Credential=")[2].partition("/")[0])
        return send(asked)

    server = urlsplit(options["endpoint_url"])
    with run_proxy((server.hostname, server.port), watch) as port:
        target = Target.open(url, {"profile": "staging", "endpoint_url": f"http://127.0.0.1:{port}"})
        publish_to(target, 0, KEYS[0])
    assert seen == {"OFTHEPROFILE"}
    with pytest.raises(Exception, match="TD3011") as caught:
        publish_to(Target.open(url, {"profile": "missing", "endpoint_url": options["endpoint_url"]}), 0, KEYS[0])
    assert "hidden" not in str(caught.value)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["s3", "gcs", "azure"])
def test_a_target_publishes_from_another_process(kind, request):
    target = Target.open(*make_url(kind, request))
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        assert pool.submit(publish_to, target, 3, KEYS[0]).result() == "published"
    assert read_version(target.dataset("retail", "orders").to_table()) == 3


@pytest.mark.slow
def test_parts_travel_side_by_side_and_only_so_many_are_in_memory(azure_options):
    target = Target.open("abfs://parts/lake", azure_options)
    make_bucket(target, "parts")
    server = urlsplit(azure_options["connection_string"].partition("BlobEndpoint=")[2].rstrip(";"))
    lock, active, most = threading.Lock(), [], []

    def watch(asked, send):
        with lock:
            active.append(asked.path)
            most.append(sum("comp=block&" in path or path.endswith("comp=block") for path in active))
        time.sleep(0.05)
        answer = send(asked)
        with lock:
            active.remove(asked.path)
        return answer

    block = random.Random(3).randbytes(MIB)
    with run_proxy((server.hostname, server.port), watch) as port:
        options = {"connection_string": connect_to(port), "part_size": "5MiB", "concurrency": 3}
        sink = Target.open(target.url, options).store.create(KEY)
        for _ in range(61):
            sink.write(block)
        sink.commit()
    assert max(most) == 3
    assert target.store.find(KEY).size == 61 * MIB
    tracemalloc.start()
    sink = Target.open(target.url, {**azure_options, "part_size": "5MiB", "concurrency": 2}).store.create(KEY)
    for _ in range(80):
        sink.write(block)
    sink.commit()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # Two parts on their way, one that is being filled, one that is being cut off, and what the client copies of those on the way.
    assert peak < 40 * MIB
