"""Small pictures of how the cells of a column spread, as SVG."""

from __future__ import annotations

from collections import Counter
from html import escape

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

WIDTH, HEIGHT, BARS, ROWS, LETTERS = 480, 120, 48, 8, 28
_STYLE = 'font-family="sans-serif" font-size="11"'
_INK, _BAR = "#57606a", "#4f7cac"


def draw(column: pa.ChunkedArray) -> str | None:
    """A histogram of numbers and moments, bars of the most frequent texts; None where neither says anything."""
    cells = column.combine_chunks().drop_null()
    if isinstance(cells, pa.ChunkedArray):
        cells = pa.concat_arrays(cells.chunks)
    if pa.types.is_dictionary(cells.type):
        cells = cells.dictionary_decode()
    if not len(cells):
        return None
    if pa.types.is_boolean(cells.type) or pa.types.is_string(cells.type):
        return _draw_frequencies([str(value) for value in cells.to_pylist()])
    ends = None
    if pa.types.is_temporal(cells.type):
        ends = str(pc.min(cells).as_py()), str(pc.max(cells).as_py())
        cells = cells.cast(pa.int32() if pa.types.is_date32(cells.type) else pa.int64())
    elif not (pa.types.is_integer(cells.type) or pa.types.is_floating(cells.type) or pa.types.is_decimal(cells.type)):
        return None
    return _draw_histogram(np.asarray(cells.cast(pa.float64())), ends)


def _draw_frequencies(texts: list[str]) -> str | None:
    common = Counter(texts).most_common(ROWS)
    if common[0][1] * 200 < len(texts):  # as good as all of them differ
        return None
    step, left = HEIGHT / ROWS, LETTERS * 7
    scale = (WIDTH - left - 50) / common[0][1]
    bars = []
    for number, (text, count) in enumerate(common):
        top, length = number * step, count * scale
        shown = text if len(text) <= LETTERS else text[: LETTERS - 1] + "…"
        bars.append(
            f'<text x="{left - 6}" y="{top + 11:.1f}" text-anchor="end" fill="{_INK}">{escape(shown)}</text>'
            f'<rect x="{left}" y="{top + 2:.1f}" width="{length:.1f}" height="{step - 4:.1f}" fill="{_BAR}"/>'
            f'<text x="{left + length + 4:.1f}" y="{top + 11:.1f}" fill="{_INK}">{count / len(texts):.1%}</text>'
        )
    return _frame(bars, len(common) * step)


def _draw_histogram(values: np.ndarray, ends: tuple[str, str] | None) -> str | None:
    finite = values[np.isfinite(values)]
    if not len(finite) or finite.min() == finite.max():
        return None
    # The outermost hundredth of a long tail would press everything else into one bar.
    low, high = np.quantile(finite, [0.005, 0.995]) if len(finite) > BARS else (finite.min(), finite.max())
    if low == high:
        low, high = finite.min(), finite.max()
    distinct = np.unique(finite)
    bars = min(BARS, len(distinct)) if len(distinct) <= BARS else BARS
    counts, _ = np.histogram(finite[(finite >= low) & (finite <= high)], bins=bars, range=(low, high))
    step, scale = WIDTH / bars, (HEIGHT - 20) / max(counts.max(), 1)
    shapes = [
        f'<rect x="{number * step:.1f}" y="{HEIGHT - 18 - count * scale:.1f}" width="{step - 1:.1f}" height="{count * scale:.1f}" fill="{_BAR}"/>'
        for number, count in enumerate(counts.tolist())
    ]
    first, last = ends or (f"{low:.6g}", f"{high:.6g}")
    shapes.append(f'<text x="0" y="{HEIGHT - 4}" fill="{_INK}">{escape(first)}</text>')
    shapes.append(f'<text x="{WIDTH}" y="{HEIGHT - 4}" text-anchor="end" fill="{_INK}">{escape(last)}</text>')
    return _frame(shapes, HEIGHT)


def _frame(shapes: list[str], height: float) -> str:
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height:.0f}" viewBox="0 0 {WIDTH} {height:.0f}" {_STYLE}>'
    return "\n".join([head, *shapes, "</svg>"]) + "\n"


def draw_path(column: pa.ChunkedArray) -> str | None:
    """The cells one after another, as a line; None where they are no numbers."""
    cells = column.combine_chunks()
    cells = pa.concat_arrays(cells.chunks) if isinstance(cells, pa.ChunkedArray) else cells
    kind = cells.type
    if not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)) or cells.null_count:
        return None
    values = np.asarray(cells.cast(pa.float64()))
    low, high = values.min(), values.max()
    across = np.linspace(0, WIDTH, len(values))
    down = (HEIGHT - 22) * (high - values) / max(high - low, 1e-300) + 2
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in zip(across.tolist(), down.tolist(), strict=True))
    line = f'<polyline points="{points}" fill="none" stroke="{_BAR}" stroke-width="1.5"/>'
    ends = f'<text x="0" y="{HEIGHT - 4}" fill="{_INK}">from {low:.6g} to {high:.6g}</text>'
    return _frame([line, ends], HEIGHT)
