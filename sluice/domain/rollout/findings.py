"""What is known of a candidate by the time of a look? Counts judged, recorded requests replayed, rewards weighed."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sluice.domain.evidence.finding import Findings, Verdict


@dataclass(frozen=True, slots=True)
class PreviewResult:
    """What came of putting recorded requests to the candidate.

    Attributes:
        asked: How many requests.
        failures: What was wrong with an answer, one sentence each.

    """

    asked: int
    failures: tuple[str, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """Every answer has to be right; without recorded requests nothing is known."""
        if self.failures:
            return Verdict.FAIL
        return Verdict.PASS if self.asked else Verdict.ERROR

    @property
    def reason(self) -> str:
        """The verdict in words."""
        if self.failures:
            return f"{len(self.failures)} of {self.asked} recorded requests went wrong, first: {self.failures[0]}"
        return f"all {self.asked} recorded requests were answered" if self.asked else "there are no recorded requests"


@dataclass(frozen=True, slots=True)
class RewardFinding:
    """What the rewards of an A/B test or a bandit say.

    Attributes:
        verdict: Pass: the candidate is better; fail: it is not; error: a person has to look.
        reason: In words, with the numbers.
        weights: Of a bandit: the shares of the next batch, whole percents by slot; empty when they stay.

    """

    verdict: Verdict
    reason: str
    weights: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RolloutFindings:
    """Everything found out at one look; None for what there is nothing to say about.

    Attributes:
        evidence: The counts so far, judged by the plan's rules: each kind of event, and the split of the traffic.
        watch: The e-CUSUM after promotion.
        preview: Of the recorded requests; once a preview stage is settled.
        reward: Of the experiment; in a stage that rewards decide.
        is_current: Whether the metrics, and captured answers of a shadow, could be read at this look. What was counted
            before is enough to go back by, never to go on.

    """

    evidence: Findings | None = None
    watch: Findings | None = None
    preview: PreviewResult | None = None
    reward: RewardFinding | None = None
    is_current: bool = True

    @property
    def verdict(self) -> Verdict:
        """Of the counts; nothing judged is inconclusive."""
        return self.evidence.verdict if self.evidence else Verdict.INCONCLUSIVE
