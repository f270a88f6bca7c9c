"""What moto's parser refuses is left out of a definition, and nothing else."""

import json

from moto import mock_aws

from local_cloud.cloudformation.types.stepfunctions import _as_moto_reads
from tests.functional.deployed import a_client

COUNT = {"Type": "Pass", "End": True}
PROCESSOR = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "Count"}
BEYOND_MOTO = {"ItemBatcher": {"MaxItemsPerBatch": 50}, "ToleratedFailurePercentage": 10}
EVERY = {"Type": "Map", "ItemProcessor": {**PROCESSOR, "States": {"Count": COUNT}}, "End": True}
DEFINITION = {"StartAt": "Every", "States": {"Every": EVERY}}


def test_a_distributed_map_with_batches_is_one_that_moto_takes() -> None:
    asked = {**DEFINITION, "States": {"Every": {**EVERY, **BEYOND_MOTO}}}

    read = _as_moto_reads(asked)

    assert read == DEFINITION
    with mock_aws(config={"stepfunctions": {"execute_state_machine": True}}):
        role = "arn:aws:iam::123456789012:role/backfill"
        made = a_client("stepfunctions").create_state_machine(name="x", definition=json.dumps(read), roleArn=role)
        assert made["stateMachineArn"].endswith(":stateMachine:x")


def test_lists_are_looked_into() -> None:
    assert _as_moto_reads([{"ItemBatcher": 1, "Type": "Map"}]) == [{"Type": "Map"}]
