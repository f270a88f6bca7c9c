"""Where does the model do worse than at training, as the deployment has found? A sentence a loss."""

from sluice.report.markup import tag, text
from sluice.report.story import Story

_HINT = (
    "Found by labels as they came, each bet on once, against the errors at training; all rows and all slices share a "
    "budget of false alarms. These last: they end when labels are as good again."
)
_ALL_ROWS = "all rows"


def losses(story: Story) -> str:
    """The section; nothing where none lasts."""
    if not story.losses:
        return ""
    lines = [
        tag("li", tag("b", text(where or _ALL_ROWS)), text(f", since {loss.since:%Y-%m-%d %H:%M}: {loss.reason}"))
        for where, loss in story.losses.items()
    ]
    return tag(
        "section",
        tag("h2", "Where quality is lost"),
        tag("p", text(_HINT), class_="hint"),
        tag("ul", *lines),
        aria_label="Losses of quality",
    )
