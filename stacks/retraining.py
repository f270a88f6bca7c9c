"""What starts the training of models anew."""

from aws_cdk import CfnOutput
from constructs import Construct

from cdk.deployable import Deployable
from cdk.notification import Notifier
from cdk.retraining_triggers import RetrainingTriggers
from sluice.settings.deployment import Deployment
from sluice.settings.functions import RetrainEnvironment
from sluice.settings.retraining import as_environment
from sluice.settings.retraining_policies import policies
from stacks.state import State


class Retraining(Deployable):
    """A function and its triggers, of the models that have ``retraining`` in sluice.yaml."""

    def __init__(self, scope: Construct, construct_id: str, *, deployment: Deployment, state: State) -> None:
        super().__init__(scope, construct_id, description="retraining")
        found = policies(deployment)
        triggers = RetrainingTriggers(
            self,
            "Triggers",
            deployment=deployment,
            policies=found,
            environment=RetrainEnvironment(table=state.table.name, retraining=as_environment(found)),
        )
        state.table.grant_records(triggers.role)
        Notifier(self, "Notifier", settings=deployment.alarms).tell_of(triggers.dead_letters.alarm, *triggers.alarms)
        CfnOutput(self, "RetrainFunctionName", value=triggers.function.function_name)
        CfnOutput(self, "LostRetrainingsUrl", value=triggers.dead_letters.queue.queue_url)
