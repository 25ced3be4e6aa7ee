from __future__ import annotations

import re
from urllib.parse import unquote
from xml.etree import ElementTree as ET


def test_addresses_are_stable_and_distinct(build):
    urls = build("a: {kind: avatar}", rows=20_000)["a"].to_pylist()
    assert len(set(urls)) == len(urls)
    assert all(re.fullmatch(r"https://avatars\.example\.com/[0-9a-f]{16}\.svg", url) for url in urls)
    assert build("a: {kind: avatar}\nb: {kind: position}", rows=10)["a"].to_pylist() == urls[:10]


def test_pictures_are_drawings_alike_on_both_sides(build):
    for picture in build("a: {kind: avatar, form: svg}", rows=200)["a"].to_pylist():
        drawing = ET.fromstring(unquote(picture.removeprefix("data:image/svg+xml,")))
        squares = re.findall(r"M(\d) (\d)h1v1h-1z", drawing[0].get("d") or "")
        assert {(4 - int(x), int(y)) for x, y in squares} == {(int(x), int(y)) for x, y in squares}
        assert re.fullmatch(r"#[0-9a-f]{3}", drawing[0].get("fill") or "")
