"""How near is our evidence to what is possible: events until a decision, and minutes until an alarm after promotion?"""

import time
from collections.abc import Callable, Mapping
from math import inf, log
from statistics import fmean
from typing import NamedTuple

import numpy as np

from bench.measuring import percentile, table
from bench.rollout_traffic import BASE_RATE, tally
from sluice.domain.evidence import ratio, watch
from sluice.domain.evidence.counts import Epoch, EventKind, Split
from sluice.domain.evidence.judgement import Rules, Verdict, judge, log_evidence
from sluice.domain.evidence.mixture import Side

ALPHA = 0.01


class Question(NamedTuple):
    """What is true, and what is to be found out about it.

    Attributes:
        truth: The ratio of the error rates.
        boundary: The ratio of the null that is to be refuted.
        side: Where the truth is, seen from there.

    """

    truth: float
    boundary: float
    side: Side


QUESTIONS = {
    "roll back 1.5x": Question(1.5, 1.0, Side.ABOVE),
    "roll back 2x": Question(2.0, 1.0, Side.ABOVE),
    "roll back 4x": Question(4.0, 1.0, Side.ABOVE),
    "roll back 20x": Question(20.0, 1.0, Side.ABOVE),
    "promote 1x, not 1.5x": Question(1.0, 1.5, Side.BELOW),
}


class Needed(NamedTuple):
    """Mean events until the decision."""

    ours: float
    oracle: float


def events_to_decide(question: Question, *, runs: int) -> Needed:
    """Our decision, of one kind of events, against the probability ratio test that knows the true ratio (Wald 1945)."""
    _, boundary, side = question
    multiple = question.truth / boundary if side is Side.ABOVE else boundary / question.truth

    def ours(split: Split) -> float:
        evidence = log_evidence(Rules(), EventKind.ERRORS, [split])
        return evidence.harm if side is Side.ABOVE else evidence.promote

    def oracle(split: Split) -> float:
        return ratio.log_likelihood_ratios([split], boundary=boundary, side=side, multiples=(multiple,))[0]

    return Needed(*(fmean(_events(question, log_e, seed=run) for run in range(runs)) for log_e in (ours, oracle)))


def _events(question: Question, log_e: Callable[[Split], float], *, seed: int) -> int:
    """Events of both variants, at equal traffic, until the evidence reaches 1/alpha."""
    generator, of_challenger, events = np.random.default_rng(seed), 0, 0
    while True:
        events += 1
        of_challenger += bool(generator.random() < question.truth / (question.truth + 1))
        requests = events / (question.truth + 1) / BASE_RATE
        if log_e(Split(requests, of_challenger, requests, events - of_challenger)) >= -log(ALPHA):
            return events


def events_table(needed: Mapping[str, Needed]) -> str:
    """One row a question."""
    rows = [[name, f"{ours:.0f}", f"{oracle:.0f}", f"{ours / oracle:.2f}"] for name, (ours, oracle) in needed.items()]
    return table([f"mean events to decide, alpha {ALPHA:.0%}", "ours", "oracle SPRT", "ratio"], rows)


def _minute(generator: np.random.Generator, times: float, held_back: float) -> Epoch:
    """A minute after promotion, at 6,000 requests."""
    promoted = tally(generator, 6000 * (1 - held_back), BASE_RATE * times)
    return Epoch(1 - held_back, promoted, tally(generator, 6000 * held_back, BASE_RATE))


def minutes_to_alarm(times: float, *, held_back: float, good_minutes: int, most: int, seed: int) -> float:
    """After good minutes: until the alarm of a version that became so many times worse; infinite without one."""
    generator, rules = np.random.default_rng(seed), Rules()
    state: tuple[float, ...] = ()
    for number in range(good_minutes + most):
        state = watch.step(rules, state, _minute(generator, times if number >= good_minutes else 1, held_back))
        if number >= good_minutes and watch.judge(rules, state).verdict is Verdict.FAIL:
            return number + 1 - good_minutes
    return inf


def false_alarms(minutes: int, *, seed: int) -> int:
    """Alarms in quiet minutes; after each the watch begins anew."""
    generator, rules, alarms = np.random.default_rng(seed), Rules(), 0
    state: tuple[float, ...] = ()
    for _ in range(minutes):
        state = watch.step(rules, state, _minute(generator, 1, 0.05))
        if watch.judge(rules, state).verdict is Verdict.FAIL:
            alarms, state = alarms + 1, ()
    return alarms


def watch_table(*, runs: int, quiet_minutes: int) -> str:
    """Median minutes to the alarm after two good hours, by the share that is held back to compare with."""
    held_back, times_worse = (0.05, 0.2, 0.5), (2, 4, 20)
    rows = []
    for times in times_worse:
        row = [f"becomes {times} times worse"]
        for share in held_back:
            minutes = [
                minutes_to_alarm(times, held_back=share, good_minutes=120, most=60, seed=run) for run in range(runs)
            ]
            row.append(f"{percentile(minutes, 50):g}")
        rows.append(row)
    head = "after promotion, 6,000 rpm: median minutes to the alarm"
    drawn = table([head, *(f"{share:.0%} held back" for share in held_back)], rows)
    return f"{drawn}\n\nfalse alarms in {quiet_minutes:,} quiet minutes: {false_alarms(quiet_minutes, seed=0)}"


def milliseconds_to_judge(*, shares: int) -> float:
    """CPU time of judging a rollout that went through so many shares; the median of some."""
    generator = np.random.default_rng(0)
    epochs = [
        Epoch(step / (shares + 1), tally(generator, 1000, BASE_RATE), tally(generator, 1000, BASE_RATE))
        for step in range(1, shares + 1)
    ]
    laps = []
    for _ in range(21):
        began = time.thread_time()
        judge(Rules(), epochs, minutes=60)
        laps.append((time.thread_time() - began) * 1000)
    return percentile(laps, 50)
