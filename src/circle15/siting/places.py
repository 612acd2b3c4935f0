"""Who gets the places of each year, and what one more place would be worth: the inside of the relaxed problem."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from circle15.siting.problem import Flags, Ints

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Placing:
    """Candidates (``rows``) with the ``years`` they open in, and the worth of one more place in each year."""

    rows: Ints
    years: Ints
    prices: Floats


def place(worth: Floats, places: tuple[int, ...], must: Flags, most: float) -> Placing:
    """Give out the places so that the worth (candidates × years) is largest: each candidate opens once at most.

    Candidates in ``must`` open, whatever they are worth. Where they are more than the places no plan is left: then a
    place is worth ``most``, more than any sum of worth. A candidate worth −``most`` in a year cannot open in it.
    """
    if len(places) == 1:
        return _one_year(worth[:, 0], places[0], must, most)
    rows = _worthy(worth, sum(places), must)
    slots = np.repeat(np.arange(len(places)), places)
    raised = worth[rows] + np.where(must[rows], 2 * most, 0.0)[:, None]
    table = np.hstack([raised[:, slots], np.zeros((len(rows), len(rows)))])
    row, column = linear_sum_assignment(table, maximize=True)
    inside = column < len(slots)
    opened = np.full(len(rows), -1, dtype=np.int64)
    opened[row[inside]] = slots[column[inside]]
    if must[rows[opened < 0]].any():
        return Placing(rows[opened >= 0], opened[opened >= 0], np.full(len(places), most))
    prices = _prices(raised, opened, places)
    return Placing(rows[opened >= 0], opened[opened >= 0], prices)


def _one_year(worth: Floats, count: int, must: Flags, most: float) -> Placing:
    """Those worth most, of equals the first; the next one's worth is the price of a place."""
    raised = np.where(must, np.inf, worth)
    few = min(count, len(raised))
    rows, next_one = np.arange(len(raised)), 0.0
    if few < len(raised):
        next_one = -float(np.partition(-raised, few)[few])
        sure = np.flatnonzero(raised > next_one)
        ties = np.flatnonzero(raised == next_one)[: few - len(sure)]
        rows = np.sort(np.concatenate([sure, ties]))
    rows = rows[raised[rows] > 0]
    return Placing(rows, np.zeros(len(rows), dtype=np.int64), np.array([min(max(0.0, next_one), most)]))


def _worthy(worth: Floats, places: int, must: Flags) -> Ints:
    """Candidates that may get a place: those that must, and of each year as many as all places, and one more."""
    few = min(places + 1 + int(must.sum()), len(worth))
    best = [np.argpartition(-worth[:, year], few - 1)[:few] for year in range(worth.shape[1])] if few else []
    return np.unique(np.concatenate([np.flatnonzero(must), *best])).astype(np.int64)


def _prices(worth: Floats, opened: Ints, places: tuple[int, ...]) -> Floats:
    """What one more place in each year would add: the longest way of moves into it (Gul & Stacchetti 1999).

    Someone new moves in, or someone from another year, whose place is filled likewise or stays empty.
    """
    years = len(places)
    new = opened < 0
    prices = np.maximum(worth[new].max(axis=0, initial=0.0), 0.0)
    step = np.full((years, years), -np.inf)
    for start in range(years):
        mine = opened == start
        if mine.any():
            step[start] = (worth[mine] - worth[mine, start][:, None]).max(axis=0)
    for _ in range(years):
        prices = np.maximum(prices, (np.maximum(prices, 0.0)[:, None] + step).max(axis=0))
    result: Floats = prices
    return result
