"""The steps of the ascent for covering in one year without further constraints, as a loop that is worth compiling.

They are those of :mod:`circle15.siting.ascent`, number by number: every sum is taken in the same order.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from circle15.siting.jit import compile_loop
from circle15.siting.problem import Flags, Ints

Floats = NDArray[np.float64]

# A direction so short is none: these multipliers are the best there are.
STILL = 1e-6
# Shorter steps, in parts of Polyak's, are not worth taking.
SHORTEST = 1e-3
# Steps without a better bound after which steps are halved.
PATIENCE = 20
# What is kept of the direction before.
KEPT = 0.3
# A bound is better if it is lower by more than this part of it.
BETTER = 1e-9


class Ground(NamedTuple):
    """What does not change: coverage of candidates, weights and depths of demand, and how many ``places`` there are.

    ``price_most``: what a place is worth where the candidates in ``must`` are more than the places.
    """

    ptr: Ints
    idx: Ints
    weight: Floats
    depth: Floats
    must: Flags
    places: int
    price_most: float


class Walk(NamedTuple):
    """Where a walk stands: multipliers, the best met, the direction, and ``at``.

    ``at``: the best value, its price of a place, the length of steps, the steps since it was met, whether there is a
    direction, and whether the walk has ended.
    """

    demand: Floats
    best: Floats
    direction: Floats
    at: Floats


def walk(ground: Ground, state: Walk, lower: float, rounds: int) -> None:
    """Go on for so many steps, or until the walk ends."""
    demand, best, direction, at = state
    worth, slack = np.empty(len(ground.must)), np.empty(len(demand))
    for _ in range(rounds):
        _weigh(ground, demand, worth)
        price, taken = _open(ground, worth, slack)
        spared, moves = _spare(ground, demand, slack)
        value = spared + taken + price * ground.places
        if value < at[0] - BETTER * (abs(at[0]) if at[0] < np.inf else 1.0):
            at[0], at[1], at[3] = value, price, 0.0
            best[:] = demand
        else:
            at[3] += 1.0
        if at[3] >= PATIENCE:
            at[2] /= 2
            at[3] = 0.0
            demand[:] = best
        square = _turn(state, slack)
        if at[0] < lower + 1 or at[2] < SHORTEST or not moves or square < STILL:
            at[5] = 1.0
            break
        step = at[2] * max(value - lower, 1.0) / square
        for i in range(len(demand)):
            demand[i] = min(max(demand[i] - step * direction[i], 0.0), ground.weight[i])


def _weigh(ground: Ground, demand: Floats, worth: Floats) -> None:
    """What each candidate is worth: the multipliers of all it covers."""
    for row in range(len(worth)):
        total = 0.0
        for spot in range(ground.ptr[row], ground.ptr[row + 1]):
            total += demand[ground.idx[spot]]
        worth[row] = total


def _open(ground: Ground, worth: Floats, slack: Floats) -> tuple[float, float]:
    """The price of a place and what is gained beyond it; ``slack`` becomes how often each demand is covered.

    Those worth most open, of equals the first; the next one's worth is the price.
    """
    raised = np.where(ground.must, np.inf, worth)
    few = min(ground.places, len(worth))
    next_one = -np.partition(-raised, few)[few] if few < len(worth) else -np.inf
    price, taken = min(max(next_one, 0.0), ground.price_most), 0.0
    ties = few - (raised > next_one).sum()
    slack[:] = 0.0
    for row in range(len(worth)):
        if worth[row] > price or ground.must[row]:
            taken += worth[row] - price
        opens = raised[row] > next_one
        if raised[row] == next_one and ties > 0:
            ties -= 1
            opens = True
        if opens and raised[row] > 0.0:
            for spot in range(ground.ptr[row], ground.ptr[row + 1]):
                slack[ground.idx[spot]] += 1.0
    return price, taken


def _spare(ground: Ground, demand: Floats, slack: Floats) -> tuple[float, bool]:
    """What demand is worth beyond its multipliers, and whether any has slack, which is set."""
    spared, moves = 0.0, False
    for i in range(len(demand)):
        spared += max(ground.weight[i] - demand[i], 0.0) * ground.depth[i]
        if demand[i] < ground.weight[i]:
            slack[i] -= ground.depth[i]
        moves = moves or slack[i] != 0.0
    return spared, moves


def _turn(state: Walk, slack: Floats) -> float:
    """Turn the direction towards the slack, and return its square."""
    kept = KEPT if state.at[4] else 0.0
    state.at[4] = 1.0
    square = 0.0
    for i in range(len(slack)):
        state.direction[i] = (1 - kept) * slack[i] + kept * state.direction[i]
        square += state.direction[i] * state.direction[i]
    return square


Loop = Callable[[Ground, Walk, float, int], None]


@cache
def compiled() -> Loop | None:
    """The loop compiled, or None where there is no numba: then numpy takes the same steps."""
    found: Loop | None = compile_loop(walk, _weigh, _open, _spare, _turn)
    return found
