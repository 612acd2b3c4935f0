"""The inner loops of the search, in whole numbers: opening and closing sites, and rounds of ruin and recreate.

They run as they stand, with numpy doing the heavy part, or compiled where numba is there and the problem is worth it.
Both do the same, number by number: random numbers are drawn beforehand, and the three functions written twice
(``shift``, ``best``, ``bar``) are integer sums and maxima.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from circle15.siting.jit import compile_loop
from circle15.siting.problem import Ints

# The share of rounds that close options anywhere; the others work round one place.
_AT_RANDOM = 0.5
# Below so many entries of coverage compiling takes longer than it saves.
WORTH_COMPILING = 10_000


class World(NamedTuple):
    """What does not change while searching: coverage both ways, weights, and rows that limit the open options.

    ``rptr``/``ridx``: the counted rows of each option, ``mptr``/``midx``: the options of each row, ``cap`` each may
    have. ``cost`` (budgets × options) and ``budget``.
    """

    ptr: Ints
    idx: Ints
    tptr: Ints
    tidx: Ints
    weight: Ints
    depth: Ints
    rptr: Ints
    ridx: Ints
    mptr: Ints
    midx: Ints
    cap: Ints
    cost: Ints
    budget: Ints


class State(NamedTuple):
    """A set of options. ``chosen``: their numbers, the first ``total[1]`` of them; ``total[0]``: the value.

    ``hits``: how often each demand is covered; ``gain``: what each option not chosen would add; ``barred``: how
    many reasons speak against opening an option (0: none); ``used`` of rows, ``spent`` of budgets, ``at``: the
    place of an option in ``chosen``, or −1.
    """

    hits: Ints
    gain: Ints
    barred: Ints
    used: Ints
    spent: Ints
    chosen: Ints
    at: Ints
    total: Ints


def shift(world: World, state: State, option: int, step: int) -> int:
    """Count the demand of an option up or down, correct all gains, and return the change of the value."""
    mine = world.idx[world.ptr[option] : world.ptr[option + 1]]
    before = state.hits[mine]
    after = before + step
    state.hits[mine] = after
    depth, weight = world.depth[mine], world.weight[mine]
    value = int((weight * (np.minimum(after, depth) - np.minimum(before, depth))).sum())
    change = weight * ((after < depth).astype(np.int64) - (before < depth))
    moved = np.flatnonzero(change)
    columns = mine[moved]
    size = world.tptr[columns + 1] - world.tptr[columns]
    steps = np.arange(size.sum()) - np.repeat(np.cumsum(size) - size, size)
    np.add.at(state.gain, world.tidx[np.repeat(world.tptr[columns], size) + steps], np.repeat(change[moved], size))
    return value


def _shift_loop(world: World, state: State, option: int, step: int) -> int:
    value = 0
    for at in range(world.ptr[option], world.ptr[option + 1]):
        i = world.idx[at]
        before = state.hits[i]
        after = before + step
        state.hits[i] = after
        value += world.weight[i] * (min(after, world.depth[i]) - min(before, world.depth[i]))
        change = 0
        if after < world.depth[i]:
            change += world.weight[i]
        if before < world.depth[i]:
            change -= world.weight[i]
        if change != 0:
            for spot in range(world.tptr[i], world.tptr[i + 1]):
                state.gain[world.tidx[spot]] += change
    return value


def best(world: World, state: State, skip: int) -> int:
    """The option that may open and gains most, the first of equals, or −1 if none gains; never ``skip``."""
    able = state.barred == 0
    for row in range(len(world.budget)):
        able &= world.cost[row] <= world.budget[row] - state.spent[row]
    gain = np.where(able, state.gain, 0)
    if skip >= 0:
        gain[skip] = 0
    if len(gain) == 0:
        return -1
    option = int(np.argmax(gain))
    return option if gain[option] > 0 else -1


def _best_loop(world: World, state: State, skip: int) -> int:
    option, most = -1, 0
    for each in range(len(state.gain)):
        if state.gain[each] > most and state.barred[each] == 0 and each != skip and _fits(world, state, each):
            option, most = each, state.gain[each]
    return option


def bar(world: World, state: State, row: int, step: int) -> None:
    """Bar the options of a row that is full (+1), or free them of it (−1)."""
    state.barred[world.midx[world.mptr[row] : world.mptr[row + 1]]] += step


def _bar_loop(world: World, state: State, row: int, step: int) -> None:
    for spot in range(world.mptr[row], world.mptr[row + 1]):
        state.barred[world.midx[spot]] += step


def _move(world: World, state: State, option: int, step: int) -> None:
    """Open (+1) or close (−1) an option, with all that hangs on it."""
    state.total[0] += shift(world, state, option, step)
    for at in range(world.rptr[option], world.rptr[option + 1]):
        row = world.ridx[at]
        was_full = state.used[row] >= world.cap[row]
        state.used[row] += step
        if was_full != (state.used[row] >= world.cap[row]):
            bar(world, state, row, step)
    for row in range(len(world.budget)):
        state.spent[row] += step * world.cost[row, option]
    state.barred[option] += step
    if step > 0:
        state.chosen[state.total[1]] = option
        state.at[option] = state.total[1]
        state.total[1] += 1
    else:
        state.total[1] -= 1
        last = state.chosen[state.total[1]]
        state.chosen[state.at[option]] = last
        state.at[last] = state.at[option]
        state.at[option] = -1


def fill(world: World, state: State) -> None:
    """Open the best option until none may open or none gains."""
    option = best(world, state, -1)
    while option >= 0:
        _move(world, state, option, 1)
        option = best(world, state, -1)


def restore(world: World, state: State, wanted: Ints) -> None:
    """Open exactly these options."""
    keep = np.zeros(len(state.at), dtype=np.bool_)
    for option in wanted:
        keep[option] = True
    for place in range(state.total[1] - 1, -1, -1):
        if not keep[state.chosen[place]]:
            _move(world, state, state.chosen[place], -1)
    for option in wanted:
        if state.at[option] < 0:
            _move(world, state, option, 1)


def _ruin(world: World, state: State, draws: NDArray[np.float64]) -> int:
    """Close a few options at random; or those that overlap one near by, which opens in their place.

    Returns how many of the random numbers were used.
    """
    many = 1 + int(draws[1] * min(state.total[1], 8))
    if draws[0] < _AT_RANDOM:
        for number in range(many):
            _move(world, state, state.chosen[int(draws[2 + number] * state.total[1])], -1)
        return 2 + many
    near = state.chosen[int(draws[2] * state.total[1])]
    size = world.ptr[near + 1] - world.ptr[near]
    if size > 0:
        demand = world.idx[world.ptr[near] + int(draws[3] * size)]
        rivals = world.tptr[demand + 1] - world.tptr[demand]
        option = world.tidx[world.tptr[demand] + int(draws[4] * rivals)]
        _move(world, state, near, -1)
        if option != near:
            _give_way(world, state, option, many)
    return 5


def _give_way(world: World, state: State, option: int, many: int) -> None:
    """Close fewer than ``many`` options that share demand with one, and open it if that is allowed and gains."""
    for at in range(world.ptr[option], world.ptr[option + 1]):
        demand = world.idx[at]
        for spot in range(world.tptr[demand], world.tptr[demand + 1]):
            rival = world.tidx[spot]
            if many > 1 and state.at[rival] >= 0 and rival != option:
                _move(world, state, rival, -1)
                many -= 1
    if state.at[option] < 0 and state.barred[option] == 0 and state.gain[option] > 0 and _fits(world, state, option):
        _move(world, state, option, 1)


def _fits(world: World, state: State, option: int) -> bool:
    """Whether every budget still pays for an option."""
    fits = True
    for row in range(len(world.budget)):
        if world.cost[row, option] > world.budget[row] - state.spent[row]:
            fits = False
    return fits


# Random numbers that one round may use.
DRAWS = 24


def rounds(world: World, state: State, draws: NDArray[np.float64], heat: NDArray[np.float64], top: Ints) -> int:
    """Ruin and recreate, one round for each row of ``draws``; the best options met end in ``top``, with their value.

    A round is undone if the plan lost more than the round's ``heat`` allows. Returns the value of ``top``; the
    number of options in it is its last entry.
    """
    now = state.chosen[: state.total[1]].copy()
    value = state.total[0]
    most = value
    top[: len(now)] = now
    top[-1] = len(now)
    for number in range(len(draws)):
        if state.total[1] == 0:
            break
        used = _ruin(world, state, draws[number])
        while True:
            option = best(world, state, -1)
            if option < 0:
                break
            if used < DRAWS - 1 and draws[number, used] < 0.1:
                second = best(world, state, option)
                if second >= 0 and 2 * state.gain[second] > state.gain[option]:
                    option = second
            used += 1
            _move(world, state, option, 1)
        if state.total[0] < value - heat[number]:
            restore(world, state, now)
        else:
            value = state.total[0]
            now = state.chosen[: state.total[1]].copy()
            if value > most:
                most = value
                top[: len(now)] = now
                top[-1] = len(now)
    return int(most)


def swaps(world: World, state: State) -> int:
    """Close each option in turn and open the best instead, until no such move helps. Returns the value."""
    improved = True
    while improved:
        improved = False
        now = state.chosen[: state.total[1]].copy()
        for option in now:
            if state.at[option] < 0:
                continue
            value = state.total[0]
            held = state.chosen[: state.total[1]].copy()
            _move(world, state, option, -1)
            fill(world, state)
            if state.total[0] > value:
                improved = True
            else:
                restore(world, state, held)
    return int(state.total[0])


Kernels = tuple[Callable[..., int], Callable[..., int], Callable[..., None], Callable[..., None]]
PLAIN: Kernels = (rounds, swaps, fill, restore)


@cache
def compiled() -> Kernels:
    """The same, the first and longest compiled; as they stand where there is no numba."""
    try:
        from numba.extending import overload  # noqa: PLC0415  # absent, numpy does the same
    except ImportError:
        return PLAIN
    overload(shift, strict=False)(lambda world, state, option, step: _shift_loop)  # noqa: ARG005  # named as they are
    overload(best, strict=False)(lambda world, state, skip: _best_loop)  # noqa: ARG005
    overload(bar, strict=False)(lambda world, state, row, step: _bar_loop)  # noqa: ARG005
    made = compile_loop(rounds, _fits, _move, fill, restore, _give_way, _ruin)
    return made, swaps, fill, restore
