"""The compiled loops of the engine. Arrays come in, arrays go out; :mod:`circle15.route.engine` alone imports this.

Importing it compiles, or loads what an earlier run compiled. No loop starts threads of its own (``prange`` has been
seen to miscount silently): callers run :func:`reach` side by side, each call with scratch arrays of its own, and
share only what is read.

**The queue** keeps nodes in buckets by their label, linked both ways through two arrays that have a place for every
node. A node stands in at most one bucket, so the queue cannot overflow; a better label moves it. Labels in the queue
never lie further apart than the longest chain or the seeds, so the buckets are a ring. Within a bucket the order is
free: a node whose label improves after it was taken out goes in again.

**One way** binds whoever walks along a chain; who stands at its very end stands at the node, and is free to go on.

**A label** is millimetres · 2^bits + rank: where bits > 0, the rank decides between equal ways.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit, types

from circle15.route.jit import compiled as _compiled

# No label. Two of them add up without overflow.
FAR = np.int64(2**62)
# In ``after``: the node stands in no bucket. As an end of a list, −1.
_OUT, _END = np.int32(-2), np.int32(-1)

_int = types.int64
_flags = types.Array(types.int8, 1, "C", readonly=True)
_ids = types.Array(types.int32, 1, "C", readonly=True)
_mm = types.Array(types.int64, 1, "C", readonly=True)
# What a search needs: arcs of each node; ends, length and way of each chain; chain, place on it and leg of points;
# points by node.
_graph = (_ids, _ids, _mm)
_chains = (_ids, _ids, _mm, _flags)
_points = (_ids, _mm, _mm)
_hung = (_mm, _ids, _mm)
# Scratch: labels, met nodes, heads of buckets, links; least ways to goals, marks of goals, what was found.
_ints, _longs, _marks = types.int32[::1], types.int64[::1], types.uint64[::1]
_queue = (_longs, _ints, _ints, _ints, _ints)
_finds = (_longs, _marks, _marks, _ints, _longs)


def queue(nodes: int, buckets: int) -> tuple[Any, ...]:
    """Scratch of a search among so many nodes: nothing has a label, nothing waits."""
    return (
        np.full(nodes, FAR),
        np.empty(nodes, dtype=np.int32),
        np.full(buckets, _END),
        np.full(nodes, _OUT),
        np.empty(nodes, dtype=np.int32),
    )


def finds(goals: int, room: int) -> tuple[Any, ...]:
    """Scratch for ways to so many goals, and room for so many finds."""
    return (
        np.full(goals, FAR),
        np.zeros((goals >> 6) + 1, dtype=np.uint64),
        np.zeros((goals >> 12) + 1, dtype=np.uint64),
        np.empty(room, dtype=np.int32),
        np.empty(room, dtype=np.int64),
    )


# Small enough to be written in place of their calls.
_part = njit(nogil=True, inline="always")


# ---- the queue -----------------------------------------------------------------------------------------------


@_part
def _mark(node, label, labels, met, count):
    """A node where a search starts, at the better of its labels. How many nodes have been met."""
    if label < labels[node]:
        if labels[node] == FAR:
            met[count] = node
            count += 1
        labels[node] = label
    return count


@_compiled(*_graph, _int, _int, _longs, _ints, _int, _int, _ints, _ints, _ints)
def _settle(start, head, mm, bits, most, labels, met, count, shift, first, after, before):
    """Label every node within ``most`` of the marked ones, and queue no more than are met. How many were met.

    Written out in one piece: with the queue's steps in functions of their own it takes half as long again.
    """
    ring = len(first) - 1
    waiting, bucket = count, FAR
    for place in range(count):
        node = met[place]
        slot = (labels[node] >> shift) & ring
        behind = first[slot]
        after[node], before[node] = behind, ~slot
        if behind >= 0:
            before[behind] = node
        first[slot] = node
        bucket = min(bucket, labels[node] >> shift)
    while waiting > 0:
        slot = bucket & ring
        node = first[slot]
        if node < 0:
            bucket += 1
            continue
        behind = after[node]
        first[slot] = behind
        if behind >= 0:
            before[behind] = ~slot
        after[node] = _OUT
        waiting -= 1
        label = labels[node]
        for arc in range(start[node], start[node + 1]):
            further = label + (mm[arc] << bits)
            if further > most:  # so are the longer arcs after it
                break
            other = head[arc]
            old = labels[other]
            if further >= old:
                continue
            labels[other] = further
            behind = after[other]
            if old == FAR:
                met[count] = other
                count += 1
                waiting += 1
            elif behind == _OUT:
                waiting += 1
            elif old >> shift == further >> shift:
                continue
            else:
                ahead = before[other]
                if ahead >= 0:
                    after[ahead] = behind
                else:
                    first[~ahead] = behind
                if behind >= 0:
                    before[behind] = ahead
            place = (further >> shift) & ring
            behind = first[place]
            after[other], before[other] = behind, ~place
            if behind >= 0:
                before[behind] = other
            first[place] = other
    return count


# ---- one to many ---------------------------------------------------------------------------------------------

# The position of a single bit, by the top six bits of its product with this de Bruijn number.
_DE_BRUIJN = np.uint64(0x03F79D71B4CB0A89)
_NONE, _ONE, _TOP = np.uint64(0), np.uint64(1), np.uint64(58)
_POSITION = np.zeros(64, dtype=np.int64)
for _bit in range(64):
    _POSITION[((1 << _bit) * int(_DE_BRUIJN) % 2**64) >> 58] = _bit


@_part
def _note(goal, mm, best, words, pages):
    """A way to a goal. Bits tell which goals have one: a bit for each goal, and one for each 64 of those bits."""
    words[goal >> 6] |= _ONE << np.uint64(goal & 63)
    pages[goal >> 12] |= _ONE << np.uint64((goal >> 6) & 63)
    best[goal] = min(best[goal], mm)


@_part
def _grown(values, room):
    """The values, with room for more."""
    larger = np.empty(room, values.dtype)
    for place in range(len(values)):
        larger[place] = values[place]
    return larger


@_part
def _collect(best, words, pages, goals, ways, total):
    """Append the goals that have a way, in ascending order, and forget them."""
    for page in range(len(pages)):
        marked = pages[page]
        pages[page] = 0
        while marked != 0:
            low = marked & (~marked + _ONE)
            marked ^= low
            word = (page << 6) + _POSITION[(low * _DE_BRUIJN) >> _TOP]
            bits = words[word]
            words[word] = 0
            if total + 64 > len(goals):
                goals, ways = _grown(goals, 2 * len(goals)), _grown(ways, 2 * len(goals))
            while bits != 0:
                low = bits & (~bits + _ONE)
                bits ^= low
                goal = (word << 6) + _POSITION[(low * _DE_BRUIJN) >> _TOP]
                goals[total] = goal
                ways[total] = best[goal]
                best[goal] = FAR
                total += 1
    return goals, ways, total


@_compiled(*_graph, *_chains, *_points, *_hung, *_points, _int, _int, _mm, *_queue, *_finds)
def reach(
    start, head, mm,
    tail_of, head_of, length, way,
    goal_chain, goal_at, goal_leg,
    hung_start, hung_goal, hung_mm,
    source_chain, source_at, source_leg,
    most, shift, rows,
    labels, met, first, after, before,
    best, words, pages, goals, ways,
):  # fmt: skip
    """Goals within ``most`` of each source of ``rows``, in this order: how many up to each, which they are, their mm.

    From ``labels`` on, the arguments are scratch as :func:`queue` and :func:`finds` make it. It is left as it was
    found; where there are more finds than it has room for, larger arrays than those given come back.
    """
    total = 0
    ends = np.zeros(len(rows) + 1, np.int64)
    for number in range(len(rows)):
        row = rows[number]
        chain, at, leg = source_chain[row], source_at[row], source_leg[row]
        back, forth = leg + at, leg + length[chain] - at
        count = 0
        if (way[chain] <= 0 or at == 0) and back <= most:
            count = _mark(tail_of[chain], back, labels, met, count)
        if (way[chain] >= 0 or at == length[chain]) and forth <= most:
            count = _mark(head_of[chain], forth, labels, met, count)
        count = _settle(start, head, mm, 0, most, labels, met, count, shift, first, after, before)
        for position in range(count):
            node = met[position]
            label = labels[node]
            labels[node] = FAR
            for hook in range(hung_start[node], hung_start[node + 1]):
                further = label + hung_mm[hook]
                if further <= most:
                    _note(hung_goal[hook], further, best, words, pages)
        beside = tail_of[chain] if way[chain] >= 0 else head_of[chain]
        for hook in range(hung_start[beside], hung_start[beside + 1]):
            goal = hung_goal[hook]
            ahead = goal_at[goal] - at
            if goal_chain[goal] == chain and ahead * way[chain] >= 0:
                further = leg + abs(ahead) + goal_leg[goal]
                if further <= most:
                    _note(goal, further, best, words, pages)
        goals, ways, total = _collect(best, words, pages, goals, ways, total)
        ends[number + 1] = total
    return ends, goals, ways


@_compiled(_int, *_chains, *_points)
def hang(nodes, tail_of, head_of, length, way, chain_of, at, leg):
    """Points by the nodes that lead to them: where those of each node start, which they are, how far from it.

    What stands at an end of its chain hangs there alone: from the other end, too, it is reached by way of that node.
    """
    start = np.zeros(nodes + 2, np.int64)
    for point in range(len(chain_of)):
        chain = chain_of[point]
        at_tail, at_head = at[point] == 0, at[point] == length[chain]
        start[tail_of[chain] + 2] += at_tail or (way[chain] >= 0 and not at_head)
        start[head_of[chain] + 2] += not at_tail and (way[chain] <= 0 or at_head)
    for node in range(nodes):
        start[node + 2] += start[node + 1]
    points, mm = np.empty(start[-1], np.int32), np.empty(start[-1], np.int64)
    for point in range(len(chain_of)):
        chain = chain_of[point]
        at_tail, at_head = at[point] == 0, at[point] == length[chain]
        if at_tail or (way[chain] >= 0 and not at_head):
            place = start[tail_of[chain] + 1]
            start[tail_of[chain] + 1] += 1
            points[place], mm[place] = point, leg[point] + at[point]
        if not at_tail and (way[chain] <= 0 or at_head):
            place = start[head_of[chain] + 1]
            start[head_of[chain] + 1] += 1
            points[place], mm[place] = point, leg[point] + length[chain] - at[point]
    return start[:-1], points, mm


# ---- the nearest of many -------------------------------------------------------------------------------------


@_compiled(*_graph, *_chains, *_points, _mm, _int, _int, *_queue)
def claim(
    start, head, mm,
    tail_of, head_of, length, way,
    source_chain, source_at, source_leg,
    rank, bits, shift,
    labels, met, first, after, before,
):  # fmt: skip
    """Label every node: the least way from a source · 2^bits + its rank; FAR is left where none leads to it."""
    count = 0
    for row in range(len(source_chain)):
        chain, at, leg = source_chain[row], source_at[row], source_leg[row]
        if way[chain] <= 0 or at == 0:
            count = _mark(tail_of[chain], ((leg + at) << bits) + rank[row], labels, met, count)
        if way[chain] >= 0 or at == length[chain]:
            count = _mark(head_of[chain], ((leg + length[chain] - at) << bits) + rank[row], labels, met, count)
    _settle(start, head, mm, bits, FAR - 1, labels, met, count, shift, first, after, before)


@_compiled(_mm, *_chains, _mm, _ids, *_points, _mm, *_points, _int)
def meet(
    labels,
    tail_of, head_of, length, way,
    hung_start, hung_source,
    source_chain, source_at, source_leg, rank,
    chain_of, at_of, leg_of,
    bits,
):  # fmt: skip
    """The label of every point, its leg included, from those of the nodes and from sources on its own chain."""
    found = np.empty(len(chain_of), np.int64)
    for point in range(len(chain_of)):
        chain, at = chain_of[point], at_of[point]
        tail, head = tail_of[chain], head_of[chain]
        label = FAR
        if way[chain] >= 0 or at == 0:
            label = labels[tail] + (at << bits)
        if way[chain] <= 0 or at == length[chain]:
            label = min(label, labels[head] + ((length[chain] - at) << bits))
        beside = tail if way[chain] >= 0 else head
        for hook in range(hung_start[beside], hung_start[beside + 1]):
            source = hung_source[hook]
            ahead = at - source_at[source]
            if source_chain[source] == chain and ahead * way[chain] >= 0:
                label = min(label, ((source_leg[source] + abs(ahead)) << bits) + rank[source])
        found[point] = label + (leg_of[point] << bits) if label < FAR else FAR
    return found


# ---- chains --------------------------------------------------------------------------------------------------


@_compiled(_flags, _mm, _mm, _mm, _mm)
def trace(passed, both, u, v, mm):
    """Chains of edges through nodes that are passed; ``both`` is the sum of the two edges that meet at one.

    First edge, first node, last node and length of each chain; chain of each edge, how far along it the edge begins,
    and whether the edge runs against it.
    """
    edges = len(u)
    begin, tail_of, head_of = np.empty(edges, np.int32), np.empty(edges, np.int32), np.empty(edges, np.int32)
    length, chain_of = np.empty(edges, np.int64), np.empty(edges, np.int32)
    at_of, turned = np.empty(edges, np.int64), np.empty(edges, np.int8)
    for edge in range(edges):
        chain_of[edge] = _END
    count = 0
    # Chains begin at the starts of edges, then at the ends of others; what is left are rings that nothing else joins.
    for number in range(3 * edges):
        edge = number % edges
        node = v[edge] if number // edges == 1 else u[edge]
        if chain_of[edge] >= 0 or (passed[node] and number < 2 * edges):
            continue
        begin[count], tail_of[count] = edge, node
        along, ring = 0, node
        while True:
            chain_of[edge], at_of[edge], turned[edge] = count, along, u[edge] != node
            along += mm[edge]
            node = v[edge] if u[edge] == node else u[edge]
            if not passed[node] or node == ring:
                break
            edge = both[node] - edge
        head_of[count], length[count] = node, along
        count += 1
    return begin[:count], tail_of[:count], head_of[:count], length[:count], chain_of, at_of, turned


@_compiled(_int, *_chains)
def link(nodes, tail_of, head_of, length, way):
    """The arcs of chains given by length: where those of each node start, which nodes they lead to, how long they are.

    Those of a node stand by length, too.
    """
    start = np.zeros(nodes + 2, np.int32)
    for chain in range(len(length)):
        start[tail_of[chain] + 2] += way[chain] >= 0
        start[head_of[chain] + 2] += way[chain] <= 0
    for node in range(nodes):
        start[node + 2] += start[node + 1]
    head, mm = np.empty(start[-1], np.int32), np.empty(start[-1], np.int64)
    for chain in range(len(length)):
        if way[chain] >= 0:
            place = start[tail_of[chain] + 1]
            start[tail_of[chain] + 1] = place + 1
            head[place], mm[place] = head_of[chain], length[chain]
        if way[chain] <= 0:
            place = start[head_of[chain] + 1]
            start[head_of[chain] + 1] = place + 1
            head[place], mm[place] = tail_of[chain], length[chain]
    return start[:-1], head, mm


# ---- rows in their order -------------------------------------------------------------------------------------


@_compiled(_mm, _ids, _mm, _mm, _longs, _ints, _longs)
def lay(ends, goals, ways, rows, starts, all_goals, all_ways):
    """Copy what was found for each of ``rows`` to where ``starts`` says."""
    for number in range(len(rows)):
        place = starts[rows[number]]
        for found in range(ends[number], ends[number + 1]):
            all_goals[place] = goals[found]
            all_ways[place] = ways[found]
            place += 1


@_compiled(_mm, _ids, _mm, _int)
def turn(starts, goals, ways, count):
    """The same finds by goal: for each of ``count`` goals where its own start, whose they are, and how far."""
    places = np.zeros(count + 2, np.int64)
    for found in range(len(goals)):
        places[goals[found] + 2] += 1
    for goal in range(count):
        places[goal + 2] += places[goal + 1]
    rows, mm = np.empty(len(goals), np.int32), np.empty(len(goals), np.int64)
    for row in range(len(starts) - 1):
        for found in range(starts[row], starts[row + 1]):
            place = places[goals[found] + 1]
            places[goals[found] + 1] += 1
            rows[place], mm[place] = row, ways[found]
    return places[:-1], rows, mm
