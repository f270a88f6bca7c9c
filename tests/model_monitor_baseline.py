"""Which baseline of SageMaker Model Monitor do tests read?"""

from copy import deepcopy
from typing import Any

import numpy as np

STATISTICS: dict[str, Any] = {
    "version": 0.0,
    "dataset": {"item_count": 1000},
    "features": [
        {
            "name": "temp",
            "inferred_type": "Fractional",
            "numerical_statistics": {
                "common": {"num_present": 990, "num_missing": 10},
                "mean": 50.5,
                "sum": 49995.0,
                "std_dev": 10.25,
                "min": 20.5,
                "max": 90.0,
                "distribution": {
                    "kll": {
                        "buckets": [
                            {"lower_bound": 20.5, "upper_bound": 40.0, "count": 190.0},
                            {"lower_bound": 40.0, "upper_bound": 60.0, "count": 700.0},
                            {"lower_bound": 60.0, "upper_bound": 90.0, "count": 100.0},
                        ],
                    }
                },
            },
        },
        {
            "name": "carrier",
            "inferred_type": "String",
            "string_statistics": {
                "common": {"num_present": 1000, "num_missing": 0},
                "distinct_count": 3.0,
                "distribution": {
                    "categorical": {"buckets": [{"value": "AA", "count": 600}, {"value": "UA", "count": 390}]}
                },
            },
        },
        {"name": "who knows", "inferred_type": "Unknown"},
    ],
}
CONSTRAINTS: dict[str, Any] = {
    "version": 0.0,
    "features": [
        {
            "name": "temp",
            "inferred_type": "Fractional",
            "completeness": 0.99,
            "num_constraints": {"is_non_negative": True},
        },
        {
            "name": "carrier",
            "inferred_type": "String",
            "completeness": 1.0,
            "string_constraints": {"domains": ["AA", "UA", "WN"]},
        },
        {"name": "who knows", "inferred_type": "Unknown", "completeness": 0.0},
    ],
    "monitoring_config": {
        "evaluate_constraints": "Enabled",
        "emit_metrics": "Disabled",
        "datatype_check_threshold": 1.0,
        "domain_content_threshold": 0.1,
        "distribution_constraints": {
            "perform_comparison": "Enabled",
            "comparison_threshold": 0.1,
            "comparison_method": "Simple",
            "categorical_comparison_threshold": 0.1,
            "categorical_drift_method": "ChiSquared",
        },
    },
}


def sketched() -> dict[str, Any]:
    """The same with a sketch of normal values: items of weight 1 and of weight 4."""
    generator = np.random.default_rng(1)
    form = deepcopy(STATISTICS)
    levels = [generator.normal(50, 10, 1000).tolist(), [], generator.normal(50, 10, 1000).tolist()]
    kll = form["features"][0]["numerical_statistics"]["distribution"]["kll"]
    kll["sketch"] = {"parameters": {"c": 0.64, "k": 2048.0}, "data": levels}
    return form
