"""Titles of articles, tickets and documents."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from tempdata_dagster.engine.kind import Kind, Scope
from tempdata_dagster.engine.relation import Binding, Frame
from tempdata_dagster.generators import KINDS
from tempdata_dagster.locales.pieces import Pieces
from tempdata_dagster.locales.prose import pick_slots

_STARTS = ("", "", "", "The ", "A Guide to ", "Notes on ", "How to Plan ", "Why We Need ", "Rethinking ", "An Introduction to ",
           "The Future of ", "Lessons From ", "A Short History of ", "Ten Facts About ", "First Steps With ")  # fmt: skip
_ADJECTIVES = ("Better", "Careful", "Clear", "Digital", "Early", "Fair", "Faster", "Flexible", "Global", "Hidden", "Honest", "Lean",
               "Local", "Modern", "Open", "Practical", "Quiet", "Reliable", "Remote", "Safe", "Seasonal", "Simple", "Slow", "Small",
               "Smart", "Steady", "Sustainable", "Unusual", "Urban", "Useful")  # fmt: skip
_NOUNS = ("Accounting", "Agreements", "Budgets", "Customer Service", "Data", "Delivery", "Design", "Energy", "Farming", "Forecasts",
          "Gardens", "Growth", "Housing", "Insurance", "Inventory", "Kitchens", "Learning", "Logistics", "Maintenance", "Markets",
          "Meetings", "Packaging", "Payments", "Planning", "Pricing", "Production", "Purchasing", "Recruiting", "Repairs",
          "Research", "Returns", "Routes", "Security", "Shipping", "Software", "Storage", "Suppliers", "Support", "Teamwork",
          "Testing", "Tools", "Trade", "Training", "Transport", "Travel", "Warehouses", "Water", "Workshops")  # fmt: skip
_ENDS = ("", "", "", "", " for Beginners", " for Small Teams", " in Practice", " in Times of Change", " on a Budget", " That Lasts",
         " Under Pressure", " With Less Effort", ", Explained", ", Step by Step", ": A Review")  # fmt: skip


@KINDS.register("title")
class Title(Kind):
    """The title of an article or a document in English, such as `Notes on Careful Planning for Small Teams`.

    Example: {kind: title}
    """

    def bind(self, scope: Scope) -> Binding:
        """Four pieces, glued."""
        parts = (_STARTS, tuple(f"{word} " for word in _ADJECTIVES), _NOUNS, _ENDS)
        stock, stream = Pieces(pa.array([text for part in parts for text in part])), scope.stream()
        first = np.cumsum([0, *(len(part) for part in parts)])

        def fill(frame: Frame) -> pa.Array:
            bits, index = stream.bits(frame.rows), np.empty((len(frame), len(parts)), dtype=np.int32)
            for place, part in enumerate(parts):
                index[:, place] = pick_slots(bits, place, len(part)) + first[place]
            return stock.glue(index)

        return Binding(pa.string(), fill)
