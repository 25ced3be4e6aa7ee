from __future__ import annotations

import os
import random
import subprocess
import sys
import threading

import faker.generator
import pytest

from tempdata_dagster.core.errors import InputError
from tempdata_dagster.locales.pools import draw_pool, request_pool

SIX = [("en_US", "company"), ("de_DE", "street_address"), ("ja_JP", "city"), ("en_GB", "postcode"), ("fr_FR", "phone_number"), ("it_IT", "job")]  # fmt: skip
DIGESTS = f"""
from tempdata_dagster.locales.pools import request_pool
print([request_pool(locale, provider, {{}}, 300).digest for locale, provider in {SIX}])
"""


def test_a_pool_keeps_what_was_drawn():
    pool = request_pool("de_DE", "city", {}, 500)
    assert len(pool.draws) == 500
    assert len(set(pool.values.to_pylist())) == len(pool.values) == pool.draws.max() + 1
    assert request_pool("de_DE", "city", {}, 500) is pool


def test_pools_differ_by_each_of_their_settings():
    base = request_pool("de_DE", "city", {}, 200).digest
    others = [
        request_pool("de_AT", "city", {}, 200),
        request_pool("de_DE", "street_name", {}, 200),
        request_pool("de_DE", "city", {}, 201),
        request_pool("de_DE", "numerify", {"text": "##"}, 200),
        request_pool("de_DE", "numerify", {"text": "###"}, 200),
    ]
    assert len({base, *(pool.digest for pool in others)}) == 6


def test_pools_are_the_same_in_every_process():
    outputs = set()
    for seed in ("0", "1"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        run = subprocess.run(
            [sys.executable, "-c", DIGESTS], env=environment, capture_output=True, text=True, check=True
        )
        outputs.add(run.stdout.strip())
    assert outputs == {str([request_pool(locale, provider, {}, 300).digest for locale, provider in SIX])}


def test_pools_are_the_same_in_every_thread():
    digests = []

    def draw():
        digests.extend(draw_pool.__wrapped__(request).digest for request in requests)

    from tempdata_dagster.core.fingerprint import fingerprint
    from tempdata_dagster.locales.pools import PoolRequest

    requests = [PoolRequest(locale, provider, 200, {}, fingerprint({})) for locale, provider in SIX]
    threads = [threading.Thread(target=draw) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(digests) == 24
    assert len(set(digests)) == 6


def test_the_digest_changes_with_the_pool(monkeypatch):
    from faker.providers.company.de_DE import Provider

    before = request_pool("de_DE", "company_suffix", {}, 100)
    monkeypatch.setattr(Provider, "company_suffixes", (*Provider.company_suffixes, "SE"))
    draw_pool.cache_clear()
    after = request_pool("de_DE", "company_suffix", {}, 100)
    draw_pool.cache_clear()
    assert after.digest != before.digest


def test_no_shared_generator_is_touched():
    random.seed(5)
    faker.generator.random.seed(5)
    before = random.getstate(), faker.generator.random.getstate()
    draw_pool.cache_clear()
    for locale, provider in SIX:
        request_pool(locale, provider, {}, 100)
    assert (random.getstate(), faker.generator.random.getstate()) == before


@pytest.mark.parametrize("provider", ["date_this_month", "past_date", "unix_time", "date_between", "year"])
def test_the_clock_is_noticed(provider):
    with pytest.raises(InputError, match="TD2047"):
        request_pool("en_US", provider, {}, 50)


def test_a_profiler_keeps_its_hook():
    seen = []

    def hook(frame, event, called):
        seen.append(event)

    sys.setprofile(hook)
    try:
        request_pool("en_US", "color_name", {}, 77)
        kept = sys.getprofile()
    finally:
        sys.setprofile(None)
    assert kept is hook
    assert seen
