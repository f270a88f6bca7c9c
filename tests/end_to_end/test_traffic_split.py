from tests.end_to_end.deployments import Deployment
from tests.end_to_end.traffic import ask_for, p_value, variants

UNITS = [f"unit-{number}" for number in range(2000)]


def test_the_split_matches_the_weights_and_grows_only_toward_the_challenger(deployment: Deployment) -> None:
    before = variants(ask_for(deployment, UNITS))

    deployment.run("sluice", "weights", "champion=70", "challenger=30")
    after = variants(ask_for(deployment, UNITS))
    deployment.run("sluice", "weights", "champion=90", "challenger=10")

    assert p_value(before, {"champion": 90, "challenger": 10}) > 0.001
    assert p_value(after, {"champion": 70, "challenger": 30}) > 0.001
    moves = {(old, new) for old, new in zip(before, after, strict=True) if old != new}
    assert moves == {("champion", "challenger")}


def test_a_unit_stays_on_its_variant(deployment: Deployment) -> None:
    again = [unit for unit in UNITS[:50] for _ in range(4)]

    answered = variants(ask_for(deployment, again))

    assert all(len(set(answered[start : start + 4])) == 1 for start in range(0, len(again), 4))
