from itertools import combinations

from sluice.domain.alarm_name import (
    AlarmKind,
    dead_letter_alarm,
    drift_alarm,
    heartbeat_alarm,
    labels_alarm,
    lost_retrainings_alarm,
    outputs_alarm,
    retraining_alarm,
    slot_alarm,
    uncounted_captures_alarm,
    unread_captures_alarm,
    variant_alarm,
    variant_alarms,
    volume_alarm,
)


def test_alarms_are_named_after_the_endpoint_the_slot_and_what_they_watch() -> None:
    assert slot_alarm("sluice-flights", "challenger") == "sluice-flights-challenger"
    assert variant_alarm("sluice-flights", "challenger", AlarmKind.ERRORS) == "sluice-flights-challenger-errors"
    assert outputs_alarm("sluice-flights", "challenger") == "sluice-flights-challenger-outputs"
    assert labels_alarm("sluice-flights", "challenger") == "sluice-flights-challenger-labels"
    assert heartbeat_alarm("sluice-flights") == "sluice-flights-heartbeat"
    assert dead_letter_alarm("sluice") == "sluice-lost-events"
    assert unread_captures_alarm("sluice") == "sluice-unread-captures"
    assert uncounted_captures_alarm("sluice") == "sluice-uncounted-captures"
    assert lost_retrainings_alarm("sluice") == "sluice-lost-retrainings"
    assert retraining_alarm("sluice-flights") == "sluice-flights-retraining"
    assert drift_alarm("sluice-flights") == "sluice-flights-drift"
    assert volume_alarm("sluice-flights") == "sluice-flights-volume"


def test_a_slot_has_one_metric_alarm_of_each_kind() -> None:
    names = variant_alarms("sluice-flights", "champion")

    assert len(names) == len(set(names)) == len(AlarmKind)


def test_no_two_slots_of_similar_names_share_an_alarm() -> None:
    slots = [
        (endpoint, slot)
        for endpoint in ("sluice-flights", "sluice-flights-champion", "sluice-flights-challenger")
        for slot in ("champion", "challenger", "challenger-2")
    ]

    names = [{slot_alarm(*slot), *variant_alarms(*slot), outputs_alarm(*slot), labels_alarm(*slot)} for slot in slots]

    assert all(one.isdisjoint(other) for one, other in combinations(names, 2))
