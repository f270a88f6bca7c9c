"""What did each variant's predictions earn? Counters by model, variant, version, chance and five minutes.

Keys: exposures ``pk = MODEL#<model>#EXPOSURES``, rewards ``pk = MODEL#<model>#REWARDS#<goal>``; both ``sk = <start of
the bucket>#<variant>#<version>#<propensity>#<revision of the routing table>#<shard>``. A goal's name is the caller's,
so each has a partition of its own. Rewards of one cell are spread over eight items, because DynamoDB refuses
transactions that meet in one item.
"""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zlib import crc32

from sluice.aws.attribute import EXPIRES, Item, as_float, as_int, as_moment, as_text, key, moment, number, text
from sluice.aws.item_store import ItemStore
from sluice.domain.feedback.bucket import complete_buckets
from sluice.domain.feedback.cell import Cell
from sluice.domain.feedback.item import Feedback
from sluice.domain.feedback.totals import Pairs, Totals

_SHARDS = 8
_STAY = timedelta(days=1)  # longer than the predictions they count
Action = Mapping[str, Any]


def add_exposures(cell: Cell, count: int, *, keep: timedelta) -> Action:
    """The action of a transaction that counts answered predictions; a negative count takes some back."""
    return _add(f"MODEL#{cell.model}#EXPOSURES", cell, {"exposures": Decimal(count)}, shard=0, keep=keep)


def add_reward(cell: Cell, feedback: Feedback, *, keep: timedelta, sign: int = 1) -> Action:
    """The action of a transaction that counts a reward; a sign of -1 takes it back to the last digit."""
    partition = f"MODEL#{cell.model}#REWARDS#{feedback.name}"
    shard = crc32(feedback.prediction_id.encode()) % _SHARDS
    return _add(partition, cell, {n: sign * a for n, a in _amounts(feedback).items()}, shard=shard, keep=keep)


class Rewards:
    """Reads the counters. Methods may raise StoreUnavailable."""

    def __init__(self, items: ItemStore) -> None:
        self._items = items

    def between(self, model: str, name: str, *, start: datetime, end: datetime) -> Mapping[tuple[str, str], Totals]:
        """By variant and version, of predictions made in the five-minute buckets wholly between two moments.

        As ``cells``, added up; answers by versions that callers insisted on are among them.
        """
        sums: dict[tuple[str, str], Totals] = defaultdict(Totals)
        for cell, totals in self.cells(model, name, start=start, end=end).items():
            sums[cell.variant, cell.version] += totals
        return dict(sums)

    def cells(self, model: str, name: str, *, start: datetime, end: datetime) -> Mapping[Cell, Totals]:
        """By cell, of predictions made in the five-minute buckets wholly between two moments.

        To read matured predictions only, let ``end`` be as long ago as rewards take to come. Two queries a call; never
        more rewards than exposures, because rewards are read first.
        """
        first, last = complete_buckets(start, end)
        if last < first:
            return {}
        between = (_moment(first), f"{_moment(last)}#~")
        rewards = list(self._items.query(f"MODEL#{model}#REWARDS#{name}", between=between, consistent=False))
        exposures = self._items.query(f"MODEL#{model}#EXPOSURES", between=between, consistent=False)
        sums: dict[Cell, Totals] = defaultdict(Totals)
        for item in (*rewards, *exposures):
            sums[_cell(model, item)] += _totals(item)
        return dict(sums)


def _cell(model: str, item: Item) -> Cell:
    return Cell(
        model,
        as_text(item, "variant"),
        as_text(item, "version"),
        as_moment(item, "bucket"),
        as_float(item, "propensity"),
        as_int(item, "revision"),
    )


def _totals(item: Item) -> Totals:
    pairs = Pairs(
        n=as_int(item, "pairs"),
        total=as_float(item, "pair_total"),
        total_sq=as_float(item, "pair_total_sq"),
        covariate=as_float(item, "covariate"),
        covariate_sq=as_float(item, "covariate_sq"),
        cross=as_float(item, "cross"),
    )
    exposures, n = as_int(item, "exposures"), as_int(item, "n")
    return Totals(exposures, n, as_float(item, "total"), as_float(item, "total_sq"), pairs)


def _amounts(feedback: Feedback) -> Mapping[str, Decimal]:
    value = Decimal(str(feedback.value))
    amounts = {"n": Decimal(1), "total": value, "total_sq": value * value}
    if feedback.covariate is None:
        return amounts
    covariate = Decimal(str(feedback.covariate))
    return {
        **amounts,
        "pairs": Decimal(1),
        "pair_total": value,
        "pair_total_sq": value * value,
        "covariate": covariate,
        "covariate_sq": covariate * covariate,
        "cross": value * covariate,
    }


def _add(partition: str, cell: Cell, amounts: Mapping[str, Decimal], *, shard: int, keep: timedelta) -> Action:
    fixed = {
        "variant": text(cell.variant),
        "version": text(cell.version),
        "bucket": moment(cell.bucket),
        "propensity": number(cell.propensity),
        "revision": number(cell.revision),
        EXPIRES: moment(cell.bucket + keep + _STAY),
    }
    values = {**fixed, **{name: number(amount) for name, amount in amounts.items()}}
    by = f"{cell.propensity:g}#{cell.revision}"
    sets = ", ".join(f"#{name} = :{name}" for name in fixed)
    adds = ", ".join(f"#{name} :{name}" for name in amounts)
    return {
        "Update": {
            "Key": key(partition, f"{_moment(cell.bucket)}#{cell.variant}#{cell.version}#{by}#{shard}"),
            "UpdateExpression": f"SET {sets} ADD {adds}",
            "ExpressionAttributeNames": {f"#{name}": name for name in values},
            "ExpressionAttributeValues": {f":{name}": value for name, value in values.items()},
        }
    }


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%MZ}"
