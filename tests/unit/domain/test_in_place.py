from sluice.domain.in_place import deployment_config


def test_one_instance_is_replaced_at_once_and_the_old_one_kept_warm() -> None:
    config = deployment_config(instances=1, canary_minutes=10, bake_minutes=30, alarms=["a"])

    assert config["BlueGreenUpdatePolicy"] == {
        "TrafficRoutingConfiguration": {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0},
        "TerminationWaitInSeconds": 1800,
    }
    assert config["AutoRollbackConfiguration"] == {"Alarms": [{"AlarmName": "a"}]}


def test_two_instances_have_a_canary() -> None:
    config = deployment_config(instances=2, canary_minutes=10, bake_minutes=0, alarms=[])

    assert config == {
        "BlueGreenUpdatePolicy": {
            "TrafficRoutingConfiguration": {
                "Type": "CANARY",
                "CanarySize": {"Type": "CAPACITY_PERCENT", "Value": 50},
                "WaitIntervalInSeconds": 600,
            },
            "TerminationWaitInSeconds": 0,
        }
    }


def test_sagemakers_limits_are_kept() -> None:
    config = deployment_config(instances=2, canary_minutes=500, bake_minutes=500, alarms=[str(n) for n in range(20)])

    policy = config["BlueGreenUpdatePolicy"]
    assert policy["TerminationWaitInSeconds"] == policy["TrafficRoutingConfiguration"]["WaitIntervalInSeconds"] == 3600
    assert len(config["AutoRollbackConfiguration"]["Alarms"]) == 10
