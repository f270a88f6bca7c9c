"""What is known of each model's retrainings: ``MODEL#<model> / RETRAINING#book``, kept as ``audited`` says."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sluice.aws.audited import Audited
from sluice.domain.retraining.book import Book
from sluice.domain.rollout.decision import Entry


class Retrainings(Audited[Book]):
    """Reads and writes what is known of retrainings: one record a model."""

    KIND = "RETRAINING"

    def of(self, model: str) -> Book:
        """That of a model; an empty one before its first."""
        return self.get(model, Book.ID) or Book(model)

    def put(self, book: Book, entry: Entry | None = None) -> Book:
        """Write it on top of the revision it was read with, with what tells of it. Raises StaleWrite."""
        written = replace(book, revision=book.revision + 1, sequence=book.sequence + (entry is not None))
        self._write(written.to_dict(), entry, None, None)
        return written

    def _from_form(self, form: Mapping[str, Any]) -> Book:
        return Book.from_dict(form)
