"""Which functions are done with a captured file? ``pk = FILE#<key>``, ``sk = DONE#<etag>#<step>``."""

from datetime import datetime, timedelta

from sluice.aws.attribute import as_text, key
from sluice.aws.item_store import ItemStore, expiring
from sluice.domain.redaction.rules import Step

_FILE_STAYS = timedelta(days=15)  # longer than the 14 days that a queue may hold a notification


class FileSteps:
    """Marks steps as done and tells which are. May raise StoreUnavailable."""

    def __init__(self, items: ItemStore) -> None:
        self._items = items

    def finish(self, file: str, etag: str, step: Step, *, now: datetime) -> frozenset[Step]:
        """Mark a step as done; all steps that are, this one included: of two that finish at once one sees both."""
        pk, prefix = f"FILE#{file}", f"DONE#{etag}#"
        self._items.put_new(expiring(key(pk, f"{prefix}{step}"), now + _FILE_STAYS))
        found = self._items.query(pk, between=(prefix, f"{prefix}~"))
        return frozenset(Step(as_text(item, "sk").removeprefix(prefix)) for item in found)
