"""The flights' tables, read once for all tests of the example."""

import pandas as pd
import pytest

from examples.flights import data


@pytest.fixture(scope="session")
def tables() -> data.Tables:
    return data.read()


@pytest.fixture(scope="session")
def flights(tables: data.Tables) -> pd.DataFrame:
    return data.join(tables)


@pytest.fixture(scope="session")
def split(flights: pd.DataFrame) -> data.Split:
    return data.split(flights)
