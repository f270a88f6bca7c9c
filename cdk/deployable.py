"""What do all stacks have in common?"""

from aws_cdk import DefaultStackSynthesizer, Stack
from constructs import Construct


class Deployable(Stack):
    """A stack that fits any account and region.

    Its template carries no rule about the version of the bootstrap stack: the CLI checks that by itself.
    """

    def __init__(self, scope: Construct, construct_id: str, *, description: str) -> None:
        synthesizer = DefaultStackSynthesizer(generate_bootstrap_version_rule=False)
        super().__init__(scope, construct_id, description=f"Sluice: {description}", synthesizer=synthesizer)
