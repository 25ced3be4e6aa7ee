from __future__ import annotations

import pytest

from tempdata_dagster.locales.phone_plans import known_regions, read_plan, write_heads


@pytest.mark.parametrize("free", [4, 6])
def test_every_number_has_one_head(free):
    for region in ("US", "DE", "GB", "IT", "IN", "NU"):
        for line in ("mobile", "fixed_line"):
            plan = read_plan(region, line, free)
            heads = dict(zip(plan.heads, plan.free, strict=True))
            assert 0 < len(heads) == len(plan.heads) <= 1_024
            assert not [head for head in heads if any(head[:i] in heads for i in range(1, len(head)))]
            assert len({len(head) + n for head, n in heads.items()}) == 1


def test_heads_are_taken_evenly():
    """Of the area codes of North America nearly all are there, though there are more heads than are taken."""
    plan = read_plan("US", "mobile", 4)
    assert len(plan.heads) == 1_024
    assert len({head[:3] for head in plan.heads}) > 350


@pytest.mark.parametrize(
    ("layout", "shown"), [("e164", ("+44", "0000")), ("international", ("+44 7", "0000")), ("national", ("07", "0000"))]
)
def test_heads_are_written_with_their_separators(layout, shown):
    for head, rest in write_heads(read_plan("GB", "mobile", 4), layout):
        assert head.startswith(shown[0])
        assert rest.replace(" ", "").endswith(shown[1])


def test_an_open_set_of_countries_is_bounded():
    assert 200 < len(known_regions()) < 300
