"""What is there to tell once a look has seen how well a version does? A loss once, and its end.

What all rows show, slices show, too: while these are lost the slices are named beside them, and none is told apart. A
slice that is still lost once all rows are well again is told then.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sluice.domain.monitoring.loss import Loss
from sluice.domain.monitoring.quality import KnownQuality

_MOST_NAMED = 10


@dataclass(frozen=True, slots=True)
class QualityNews:
    """What a look changed.

    Attributes:
        whole: The loss of all rows, where that is news.
        slices: The losses of slices that are news, by the slices' names; where most is wrong comes first.
        beside: The names of slices that are lost, too, while all rows are.
        is_told: Whether people are told, and not the audit alone.
        is_over: Whether that of all rows has ended.
        ended: The names of slices that were lost and are well.
        unwatched: The names of slices that were lost and are no longer judged.

    """

    whole: Loss | None = None
    slices: Mapping[str, Loss] = field(default_factory=dict)
    beside: tuple[str, ...] = ()
    is_told: bool = False
    is_over: bool = False
    ended: tuple[str, ...] = ()
    unwatched: tuple[str, ...] = ()

    @property
    def begun(self) -> tuple[Loss, ...]:
        """All losses that are news."""
        return (*filter(None, [self.whole]), *self.slices.values())


def quality_news(before: KnownQuality | None, after: KnownQuality) -> QualityNews:
    """What changed from one look to the next."""
    had, lost_before = (before.loss, before.losses) if before else (None, {})
    is_over = had is not None and after.loss is None
    slices = {where: loss for where, loss in after.losses.items() if is_over or where not in lost_before}
    whole = after.loss if after.loss != had else None
    judged = {each.where for each in after.watched}
    over = [where for where in lost_before if where not in after.losses]
    return QualityNews(
        whole,
        slices,
        tuple(after.losses)[:_MOST_NAMED] if after.loss else (),
        is_told=whole is not None or (after.loss is None and bool(slices)),
        is_over=is_over,
        ended=tuple(where for where in over if where in judged),
        unwatched=tuple(where for where in over if where not in judged),
    )
