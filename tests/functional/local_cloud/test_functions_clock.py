"""What time is it for a function when the local cloud's clock runs fast?"""

from datetime import UTC, datetime
from pathlib import Path

from tests.functional.local_cloud.function_builders import a_lambda_cloud

ROOT = Path(__file__).parents[3]
SOURCE = """
import datetime, time
from time import time as imported
from sluice.clock import utc_now

def handler(event, context):
    first = utc_now().timestamp()
    time.sleep(0.2)
    return {
        "now": first,
        "passed": utc_now().timestamp() - first,
        "imported": imported() - time.time(),
        "nanoseconds": time.time_ns() / 1e9 - time.time(),
        "signing": datetime.datetime.now(datetime.timezone.utc).timestamp(),
        "left_ms": context.get_remaining_time_in_millis(),
    }
"""
FILES = {"main.py": SOURCE, "sluice/__init__.py": "", "sluice/clock.py": (ROOT / "sluice/clock.py").read_text()}


def test_a_worker_lives_in_the_local_clouds_time_but_signs_and_ends_in_the_walls(tmp_path: Path) -> None:
    with a_lambda_cloud(tmp_path, speed=600) as cloud:
        cloud.a_function("timed", files=FILES, Timeout=20)

        told = cloud.invoke("timed")

        assert abs(cloud.context.clock.now().timestamp() - told["now"]) < 600 * 10  # answered within ten seconds
        assert told["now"] > datetime.now(UTC).timestamp() + 60
        assert 100 < told["passed"] < 600 * 10
        assert abs(told["imported"]) < 60
        assert abs(told["nanoseconds"]) < 60
        assert abs(told["signing"] - datetime.now(UTC).timestamp()) < 10
        assert 5_000 < told["left_ms"] < 20_000


def test_a_worker_of_a_cloud_on_the_walls_clock_keeps_it(tmp_path: Path) -> None:
    with a_lambda_cloud(tmp_path) as cloud:
        cloud.a_function("timed", "import time\ndef handler(e, c): return repr(time.time)")

        assert cloud.invoke("timed") == "<built-in function time>"
