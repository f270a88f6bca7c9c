import logging

import pytest

from sluice.service.learn import learn


def test_what_a_source_says_is_learned() -> None:
    assert learn("metrics", lambda: 2, 1) == 2


def test_a_source_that_fails_leaves_what_was_known_and_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    def fail() -> int:
        raise RuntimeError("throttled")

    with caplog.at_level(logging.WARNING):
        assert learn("metrics", fail, 1) == 1

    assert "source=metrics error=RuntimeError('throttled')" in caplog.text
