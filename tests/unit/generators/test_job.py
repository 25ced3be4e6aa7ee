from __future__ import annotations

from importlib import import_module

import pytest


@pytest.mark.parametrize(("country", "locale"), [("DE", "de_DE"), ("JP", "ja_JP"), ("CH", "de_DE"), ("KE", "en_US")])
def test_jobs_are_those_of_the_countrys_language(build, country, locale):
    jobs = set(build(f"j: {{kind: job, country: {country}}}")["j"].cast("string").to_pylist())
    assert len(jobs) > 30
    assert jobs <= set(import_module(f"faker.providers.job.{locale}").Provider.jobs)


def test_a_row_of_an_unknown_country_has_none(build):
    table = build("c: {kind: choice, values: {FR: 1, ZZ: 1}, nulls: 20%}\nj: {kind: job, country: c}")
    assert table["j"].is_valid().to_pylist() == [country == "FR" for country in table["c"].to_pylist()]


def test_a_persons_job_does_not_depend_on_other_countries(build):
    few = build("c: {kind: choice, values: {FR: 1}}\nj: {kind: job, country: c}")["j"].cast("string").to_pylist()
    more = build("c: {kind: choice, values: {DE: 1, FR: 1}}\nj: {kind: job, country: c}").to_pylist()
    french = [(row["j"], job) for row, job in zip(more, few, strict=True) if row["c"] == "FR"]
    assert french
    assert all(one == other for one, other in french)
