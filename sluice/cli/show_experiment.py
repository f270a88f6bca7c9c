"""How does an experiment look in a terminal? Its verdict first, then the numbers behind it."""

from sluice.api.experiment_view import ExperimentStatusView, ExperimentView, PolicyView, ValueView
from sluice.cli.show import Output
from sluice.domain.variant import in_order


def show_line(view: ExperimentView, out: Output) -> None:
    """Which experiment it is and how it stands."""
    versions = ", ".join(f"{variant} {version}" for variant, version in view.versions.items())
    out.plain(f"{view.model} {view.id}: {view.goal['name']}, {view.mode}, {view.phase} ({versions})")
    out.plain(f"  weights: {', '.join(f'{variant} {view.weights[variant]} %' for variant in in_order(view.weights))}")
    if view.reason:
        out.plain(f"  last decision, by {view.decided_by}: {view.reason}")
    if view.stop_asked_by:
        out.plain(f"  {view.stop_asked_by} ends it: the next look obeys")


def show_status(view: ExperimentStatusView, out: Output) -> None:
    """Its verdict and what it is made of."""
    show_line(view, out)
    out.plain(f"  {view.verdict}: {view.sentence}")
    for variant, arm in view.arms.items():
        out.plain(f"  {variant}: {arm.predictions:,} predictions, {arm.outcomes:,} outcomes, mean {arm.mean:.4g}")
    if view.duels is not None:
        (control, treatment), duels = view.variants, view.duels
        won = f"{treatment} won {duels.treatment:,}, {control} {duels.control:,}, nobody {duels.ties:,}"
        out.plain(f"  {duels.lists:,} lists: {won}")
    for each in view.comparisons:
        if each.variance_reduction:
            out.plain(f"  {each.treatment}: the covariate took away {each.variance_reduction:.0%} of the variance")
    out.plain(f"  counted: predictions made before {view.counted_until:%Y-%m-%d %H:%M} UTC")


def show_policy(view: PolicyView, out: Output) -> None:
    """What other weights would have earned."""
    shares = ", ".join(f"{variant} {percent} %" for variant, percent in view.policy.items())
    out.plain(f"with {shares}, over {view.answers:,} answers ({view.effective:,.0f} effective):")
    rows = [["inverse propensity score", _value(view.ips)], ["self-normalised", _value(view.self_normalised)]]
    if view.doubly_robust is not None:
        rows.append(["doubly robust", _value(view.doubly_robust)])
    out.lines([["", *row] for row in rows])
    for finding in view.findings:
        out.plain(f"  doubt: {finding}")


def _value(value: ValueView) -> str:
    if value.low is None or value.high is None:
        return f"{value.estimate:.5g}"
    return f"{value.estimate:.5g}, between {value.low:.5g} and {value.high:.5g}"
