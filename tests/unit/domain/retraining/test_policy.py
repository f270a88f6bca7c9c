import json

from sluice.domain.retraining.policy import Limits, Policy
from tests.retraining_builders import HOUR, POLICY


def test_it_survives_the_environment_of_a_function() -> None:
    ours = Policy("sluice-flights-training", Limits(1.5 * HOUR, 4, 2.5 * HOUR), on_drift=False, names_versions=True)

    assert [Policy.from_dict(json.loads(json.dumps(each.to_dict()))) for each in (POLICY, ours)] == [POLICY, ours]
