"""What SageMaker and the API say of a minute's requests, in CloudWatch."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

_QUICK_MICROSECONDS, _SLOW_MICROSECONDS = 20_000, 400_000
Data = list[dict[str, Any]]


@dataclass
class Traffic:
    """How many ask, and what becomes of it; by version.

    Attributes:
        requests_per_minute: Of all callers together.
        error_rates: Share of the requests that fail; 0.5 % unless said otherwise.
        slow_rates: Share of the requests that are slow; 5 % unless said otherwise.
        breach_rates: Share of the answers that are not fit to pass on; none unless said otherwise.
        chance: Whether counts vary by chance, and by which; None: they are as expected.

    """

    requests_per_minute: int = 6000
    error_rates: dict[str, float] = field(default_factory=dict)
    slow_rates: dict[str, float] = field(default_factory=dict)
    breach_rates: dict[str, float] = field(default_factory=dict)
    chance: random.Random | None = None

    def data(self, variant: Mapping[str, str], version: str, requests: int, minute: datetime) -> tuple[Data, Data]:
        """A variant's minute as SageMaker publishes it, and as the API does.

        ``variant`` has the dimensions EndpointName, VariantName, EndpointConfigName, and Model.
        """
        failed = self._some(requests, self.error_rates.get(version, 0.005))
        slow = self._some(requests, self.slow_rates.get(version, 0.05))
        counts = {"Invocations": requests, "InvocationModelErrors": failed, "Invocation4XXErrors": 0}
        latency = {"Values": [_QUICK_MICROSECONDS, _SLOW_MICROSECONDS], "Counts": [requests - slow, slow]}
        usual = {name: variant[name] for name in ("EndpointName", "VariantName")}
        sagemaker: Data = []
        for of in (usual, {**usual, "EndpointConfigName": variant["EndpointConfigName"]}):
            named = {"Dimensions": _dimensions(of), "Timestamp": minute}
            sagemaker += [{"MetricName": name, "Value": count, **named} for name, count in counts.items()]
            sagemaker.append({"MetricName": "ModelLatency", **latency, **named})
        breaches = self._some(requests, self.breach_rates.get(version, 0))
        ours = {"Model": variant["Model"], "Variant": variant["VariantName"]}
        breached = {"MetricName": "GuardrailBreaches", "Value": breaches, "Dimensions": _dimensions(ours)}
        return sagemaker, [{**breached, "Timestamp": minute}] if breaches else []

    def _some(self, requests: int, rate: float) -> int:
        if self.chance is None:
            return round(requests * rate)
        spread = (requests * rate * (1 - rate)) ** 0.5
        return min(max(round(self.chance.gauss(requests * rate, spread)), 0), requests)


def _dimensions(of: Mapping[str, str]) -> Data:
    return [{"Name": name, "Value": value} for name, value in of.items()]
