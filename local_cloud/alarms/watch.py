"""CloudWatch's alarms, put together: evaluated by the cloud's clock, announced, and served through moto's API."""

import logging
import threading
from contextlib import ExitStack

from local_cloud.alarms.announcements import Announcements
from local_cloud.alarms.book import Book, Effects
from local_cloud.alarms.change import Change
from local_cloud.alarms.history import Happening
from local_cloud.alarms.operations import install_alarms, kept_alarms
from local_cloud.context import CloudContext
from local_cloud.metrics.store import MetricStore

_log = logging.getLogger(__name__)
_LOOK_SECONDS = 0.2  # of the wall


class Alarms:
    """Alarms on the metrics of a store, from `start` to `stop`."""

    def __init__(self, context: CloudContext, store: MetricStore) -> None:
        self._clock = context.clock
        self._announcements = Announcements(context, on_action=self._note)
        effects = Effects(self._announcements.announce, self._announcements.act)
        self._book = Book(kept_alarms, store, effects)
        self._hooks = ExitStack()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="alarms", daemon=True)

    def install(self) -> None:
        """Take the place of moto's operations on alarms."""
        self._hooks.enter_context(install_alarms(self._book, self._clock))

    def start(self) -> None:
        """Begin to evaluate."""
        self._thread.start()

    def stop(self) -> None:
        """Evaluate no more, and give moto its operations back; may be called at any time."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()
        self._announcements.stop()
        self._hooks.close()

    def _run(self) -> None:
        while not self._stopping.wait(_LOOK_SECONDS):
            for alarm in self._book.alarms():
                try:
                    self._book.look(alarm, now=self._clock.now())
                except Exception:  # noqa: BLE001  the edge of a thread: one bad alarm must not stop the others for ever
                    _log.exception("alarms.look alarm=%s", alarm.name)

    def _note(self, change: Change, action: str, failure: str | None) -> None:
        alarm = self._book.find(change.configuration.name)
        if alarm is not None:
            how = "Successfully executed" if failure is None else "Failed to execute"
            told = f"{how} action {action}", {"actionArn": action, "stateValue": change.after.state, "error": failure}
            self._book.history.note((alarm.name, alarm.kind), Happening.ACTION, told, at=self._clock.now())
