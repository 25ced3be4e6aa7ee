"""Which national number people of a country have: those that python-stdnum knows."""

from __future__ import annotations

from functools import lru_cache
from types import MappingProxyType

from tempdata_dagster.core.fingerprint import fingerprint
from tempdata_dagster.locales import ids_east, ids_west, ids_world
from tempdata_dagster.locales.id_numbers import Scheme

# ISO 3166-1 alpha-2 to the module of python-stdnum that checks the number, and the function that makes it.
SCHEMES: MappingProxyType[str, tuple[str, Scheme]] = MappingProxyType({
    "AR": ("ar.dni", ids_world.argentina), "AT": ("at.vnr", ids_west.austria), "AU": ("au.tfn", ids_world.australia),
    "BE": ("be.nn", ids_west.belgium), "BG": ("bg.egn", ids_east.bulgaria), "BR": ("br.cpf", ids_world.brazil),
    "CA": ("ca.sin", ids_world.canada), "CH": ("ch.ssn", ids_west.switzerland), "CL": ("cl.rut", ids_world.chile),
    "CN": ("cn.ric", ids_world.china), "CO": ("co.nit", ids_world.colombia), "CZ": ("cz.rc", ids_east.czechia),
    "DE": ("de.idnr", ids_west.germany), "DK": ("dk.cpr", ids_west.denmark), "EE": ("ee.ik", ids_east.estonia),
    "ES": ("es.dni", ids_west.spain), "FI": ("fi.hetu", ids_west.finland), "FR": ("fr.nir", ids_west.france),
    "GB": ("gb.nhs", ids_west.united_kingdom), "GR": ("gr.amka", ids_east.greece), "HR": ("hr.oib", ids_east.croatia),
    "ID": ("id.nik", ids_world.indonesia), "IE": ("ie.pps", ids_west.ireland), "IL": ("il.idnr", ids_world.israel),
    "IN": ("in_.aadhaar", ids_world.india), "IS": ("is_.kennitala", ids_west.iceland),
    "IT": ("it.codicefiscale", ids_west.italy), "JP": ("jp.in_", ids_world.japan), "KE": ("ke.pin", ids_world.kenya),
    "KR": ("kr.rrn", ids_world.south_korea), "LT": ("lt.asmens", ids_east.estonia), "LV": ("lv.pvn", ids_east.latvia),
    "MX": ("mx.curp", ids_world.mexico), "MY": ("my.nric", ids_world.malaysia), "NL": ("nl.bsn", ids_west.netherlands),
    "NO": ("no.fodselsnummer", ids_west.norway), "NZ": ("nz.ird", ids_world.new_zealand),
    "PK": ("pk.cnic", ids_world.pakistan), "PL": ("pl.pesel", ids_east.poland), "PT": ("pt.nif", ids_west.portugal),
    "RO": ("ro.cnp", ids_east.romania), "RU": ("ru.inn", ids_east.russia), "SE": ("se.personnummer", ids_west.sweden),
    "SI": ("si.emso", ids_east.slovenia), "SK": ("sk.rc", ids_east.czechia), "TH": ("th.pin", ids_world.thailand),
    "TR": ("tr.tckimlik", ids_east.turkey), "UA": ("ua.rntrc", ids_east.ukraine),
    "US": ("us.ssn", ids_world.united_states), "ZA": ("za.idnr", ids_world.south_africa),
})  # fmt: skip


@lru_cache(maxsize=256)
def find_facts(country: str) -> str:
    """The hash of the lists of python-stdnum that a country's numbers are made from; empty where there are none."""
    lists = {"CN": ids_world.read_counties, "ID": ids_world.read_regencies, "MX": ids_world.read_states}
    return fingerprint([str(one) for one in lists[country]()]) if country in lists else ""
