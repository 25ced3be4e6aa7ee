from __future__ import annotations

import pytest

from tempdata_dagster.core.errors import InputError, TerminalError, TransientError
from tempdata_dagster.publish.stores import NEVER, Retry, retrying
from tempdata_dagster.publish.stores.transfer import MIB, Transfer


class Flaky:
    def __init__(self, failures: int, error: Exception | None = None) -> None:
        self.failures = failures
        self.error = error or TransientError("TD3010", "later")
        self.tries = 0

    def __call__(self) -> str:
        self.tries += 1
        if self.tries <= self.failures:
            raise self.error
        return "done"


def test_what_failed_for_a_moment_is_tried_again_after_waits():
    waits: list[float] = []
    flaky = Flaky(3)
    assert retrying(Retry(retries=3), flaky, waits.append) == "done"
    assert (flaky.tries, len(waits)) == (4, 3)


def test_the_last_failure_is_told():
    flaky = Flaky(9)
    with pytest.raises(TransientError):
        retrying(Retry(retries=3), flaky, lambda _: None)
    assert flaky.tries == 4


def test_what_will_not_get_better_is_tried_once():
    flaky = Flaky(1, TerminalError("TD3011", "no"))
    with pytest.raises(TerminalError):
        retrying(Retry(), flaky, lambda _: None)
    assert flaky.tries == 1
    with pytest.raises(TransientError):
        retrying(NEVER, Flaky(1), lambda _: None)


def test_no_try_begins_after_the_time_is_up():
    flaky = Flaky(9)
    with pytest.raises(TransientError):
        retrying(Retry(retries=9, seconds=0.0, first=5.0, longest=5.0), flaky, lambda _: None)
    assert flaky.tries == 1


def test_waits_are_drawn_from_ranges_that_double_up_to_the_longest():
    policy = Retry(retries=6, first=1.0, longest=8.0)
    drawn = [list(policy.waits()) for _ in range(400)]
    highest = [max(column) for column in zip(*drawn, strict=True)]
    for limit, most in zip((1, 2, 4, 8, 8, 8), highest, strict=True):
        assert 0.8 * limit < most <= limit
    assert min(min(waits) for waits in drawn) < 0.05


def test_settings_of_a_transfer_are_taken_out_of_the_options():
    transfer, rest = Transfer.split(
        {
            "retries": 2,
            "retry_seconds": 5,
            "part_size": "8MiB",
            "concurrency": 3,
            "timeout": 7,
            "endpoint_url": "http://x",
        }
    )
    assert transfer == Transfer(Retry(retries=2, seconds=5.0), 8 * MIB, 3, 7.0)
    assert rest == {"endpoint_url": "http://x"}


@pytest.mark.parametrize(("size", "number"), [("5MiB", 5 * MIB), (6_000_000, 5_767_168), ("1 GiB", 1024 * MIB)])
def test_sizes_of_parts_are_whole_blocks(size, number):
    assert Transfer.split({"part_size": size})[0].part_size == number


@pytest.mark.parametrize(
    "options",
    [
        {"part_size": "4MiB"}, {"part_size": "6GiB"}, {"part_size": "much"}, {"part_size": True}, {"retries": -1},
        {"retries": "x"}, {"concurrency": 0}, {"concurrency": 65}, {"timeout": 0}, {"retry_seconds": -1},
    ],
)  # fmt: skip
def test_settings_out_of_range_are_refused(options):
    with pytest.raises(InputError, match=f"TD3004.*{next(iter(options))}"):
        Transfer.split(options)
