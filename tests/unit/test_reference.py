"""The reference is what the classes say of themselves, and every example in it runs."""

from __future__ import annotations

from docs.build import REFERENCE, write_pages


def test_the_reference_is_up_to_date():
    written = write_pages()
    kept = {path.relative_to(REFERENCE).as_posix(): path for path in REFERENCE.rglob("*.*")}
    stale = {name for name, text in written.items() if name not in kept or kept[name].read_text("utf-8") != text}
    assert (stale, set(kept) - set(written)) == (set(), set()), "run `make docs`"
