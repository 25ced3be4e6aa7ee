"""Two hundred names of columns and tables that try to become something else."""

from __future__ import annotations

from itertools import product

_TRICKS = (
    '"; drop table x; --', "'; drop table x; --", "`; drop table x; --", "]; drop table x; --", "x); drop table x; --", "a\\", "\\'; select 1; --",
    '\\"; select 1; --', "a;b", "a--b", "a/*b", "*/ drop table x; /*", "${HOME}", "$(id)", "`id`", "{{7*7}}", "%s", "%(x)s", "?", ":x", "@x", "=1+1",
    "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "'=1", "a,b", "a;b|c\td", "a\nb", "a\r\nb", "a b", " a", "a ", "a\u2028b", "<a href='x'>&amp;</a>",
    '{"a": 1}', "[1]", "null", "NULL", "true", "select", "table", "order", "SELECT * FROM x", "naïve", "名前", "שם", "😀", "\u202ex", "\ufeffx", "a\u0000b",
    "a.b", "../x", "..\\x", "/etc/passwd", "C:\\x", "con", "x" * 63, "é" * 31, "1", "1a", "_", "__proto__", "constructor", "$$", "$a$", "0x1F", "a'b\"c`d",
)  # fmt: skip
NAMES = tuple(
    dict.fromkeys(f"{begin}{trick}{end}" for (begin, end), trick in product((("", ""), ("a", ""), ("", "z")), _TRICKS))
)[:200]
