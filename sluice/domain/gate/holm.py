"""Which of several accusations hold, all of them together but for a chance of ``error``?

Holm, A simple sequentially rejective multiple test procedure, Scandinavian Journal of Statistics 6, 1979.
"""

from collections.abc import Sequence


def rejected(p_values: Sequence[float], error: float) -> list[bool]:
    """One for each hypothesis: whether it is rejected.

    >>> rejected([0.01, 0.04, 0.03], 0.05)
    [True, False, False]
    """
    order = sorted(range(len(p_values)), key=lambda place: p_values[place])
    found = [False] * len(p_values)
    for rank, place in enumerate(order):
        if p_values[place] > error / (len(p_values) - rank):
            break
        found[place] = True
    return found
