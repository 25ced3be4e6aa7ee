"""Single sentences, and the base of the kinds of running text."""

from __future__ import annotations

import pyarrow as pa
from pydantic import Field

from tempdata_dagster.core.errors import InputError
from tempdata_dagster.engine.kind import Kind, Scope
from tempdata_dagster.engine.relation import Binding
from tempdata_dagster.generators import KINDS
from tempdata_dagster.locales.prose import Sentences, make_sentences


class Prose(Kind):
    """What sentences and paragraphs share."""

    locale: str | None = Field(default=None, description="such as de_DE; by default the dataset's")

    def find_sentences(self, scope: Scope) -> Sentences:
        """The sentences of the column's locale."""
        try:
            found = make_sentences(self.locale or scope.dataset.locale)
        except InputError as error:
            scope.fail(error.code, error.message, *(["locale"] if self.locale else []), hint=error.hint)
        scope.add_fact("sentences", found.digest)
        return found


@KINDS.register("sentence")
class Sentence(Prose):
    """One sentence: in English about work in a firm, in other languages words in a row that mean nothing.

    Example: {kind: sentence}
    """

    def bind(self, scope: Scope) -> Binding:
        """Phrases or words, glued."""
        found, stream = self.find_sentences(scope), scope.stream()
        return Binding(pa.string(), lambda frame: found.stock.glue(found.draw(stream, frame.rows, 0)))


__all__ = ["Prose", "Sentence"]
