"""Towns drawn in characters, with answers worked out by hand.

Capitals are the vertices of streets, small letters homes, digits facilities. Unless a case says otherwise a cell is
10 m and a leg may be 150 m. An answer is (distance, facility, home leg, facility leg) in metres, or the state.
Both the product and the oracle must give it: neither is trusted to check the other here.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from circle15.core.tables import Streets
from circle15.read.town import draw
from tests.oracle.compare import nearest_by_product, pairs_by_product
from tests.oracle.splitgraph import Answer, Oracle, Point

Expected = tuple[float, str, float, float] | str


@dataclass(frozen=True)
class Case:
    """A town, where its homes and facilities stand, and what must come out for each home."""

    drawing: str
    streets: tuple[str, ...]
    expected: dict[str, Expected]
    cell_m: float = 10.0
    max_leg_m: float = 150.0


CASES = {
    # The ring is one street of 260 m: A-C 100, C-D 30, D-F 100, F-A 30. Facility 1 stands 10 m below E-D, 40 m west
    # of D. h is 10 m above D: 10 + 40, leg 10. g is 20 m above F: 20 + 60, leg 10 (not 180 round the north).
    "loop": Case(
        """
        A----B----C
        g
                  h
        F----E----D
              1
        """,
        ("ABCDEFA",),
        {"h": (60, "1", 0, 10), "g": (90, "1", 0, 10)},
    ),
    # The same ring as one street without any junction, entered on both sides of the vertex where it closes:
    # from g 10 m up to A, 20 m on to the facility's foot, leg 10.
    "ring closes at its first vertex": Case(
        """
          1
        A---------B
        g
                  |
        D---------C
        """,
        ("ABCDA",),
        {"g": (40, "1", 0, 10)},
    ),
    # h is 20 m beside the end of a blind alley of 50 m: 20 + 50 + 50. i stands 30 east and 40 south of its end:
    # leg 50 by 3-4-5, then 50 + 50.
    "dead end": Case(
        """
        1----B----C
             |
             |
             |
             |
           h D


                i
        """,
        ("1BC", "BD"),
        {"h": (120, "1", 20, 0)},
    ),
    "beyond the end of a street": Case(
        """
        1----B



                i
        """,
        ("1B",),
        {"i": (100, "1", 50, 0)},
    ),
    # Three streets that share no vertex: the facility's street is not the homes'.
    "island": Case(
        """
        A-------------B
        a
           h       1
        C-----D   E---F
        """,
        ("AB", "CD", "EF"),
        {"h": "unreachable", "a": "unreachable"},
    ),
    # A-B is 2,000 m long: of a big component, it goes before the nearer alley C-D. 100 + 500.
    "a street of a big component goes before a nearer one": Case(
        """
        A---------1-----------------------------B

        h
        C-D
        """,
        ("A1B", "CD"),
        {"h": (600, "1", 100, 0)},
        cell_m=50,
    ),
    # The same with A-B at 1,950 m: no component is big, so the nearest street counts, 50 m away, and leads nowhere.
    "no component is big": Case(
        """
        A---------1----------------------------B

        h
        C-D
        """,
        ("A1B", "CD"),
        {"h": "unreachable"},
        cell_m=50,
    ),
    # The big component is 200 m away, beyond the leg of 150: the alley it is.
    "a big component beyond the leg does not count": Case(
        """
        A---------1-----------------------------B



        h
        C-D
        """,
        ("A1B", "CD"),
        {"h": "unreachable"},
        cell_m=50,
    ),
    # h is midway between two parallel streets 40 m apart: same x, so the smaller y, the southern one, is taken:
    # 20 + 50 to C + 40 + 50. i is nearer the northern one: 10 + 10.
    "two parallel streets": Case(
        """
        A----1-----B
              i
             h

        C----------D
        """,
        ("A1B", "CD", "AC", "BD"),
        {"h": (160, "1", 20, 0), "i": (20, "1", 10, 0)},
    ),
    # Tie between west and east, 40 m each: the smaller x. Up 50, along 40, leg 40.
    "midway between west and east": Case(
        """
        A---1---B
        |       |
        |       |
        |       |
        |       |
            h
        C       D
        """,
        ("A1B", "AC", "BD"),
        {"h": (130, "1", 40, 0)},
    ),
    # Home and facility on one piece of street, in both orders along it.
    "same street": Case(
        """
        A--h----1----i--B
        """,
        ("AB",),
        {"h": (50, "1", 0, 0), "i": (50, "1", 0, 0)},
    ),
    "same street drawn the other way": Case(
        """
        A--h----1----i--B
        """,
        ("BA",),
        {"h": (50, "1", 0, 0), "i": (50, "1", 0, 0)},
    ),
    # On the same street with two bends between: down 20, along 80, up 30.
    "same street round two bends": Case(
        """
        A       1
        h
                |
        B-------C
        """,
        ("ABC1",),
        {"h": (130, "1", 0, 0)},
    ),
    # Both on the long street A-C-D-B, but the short one A-B is the way: 30 + 40 + 30 instead of 60 + 40 + 60.
    "same street, shorter by another one": Case(
        """
        A---B


        h   1





        C---D
        """,
        ("ACDB", "AB"),
        {"h": (100, "1", 0, 0)},
    ),
    # Facility at a junction of three streets: h 40, i 20 beside a leg of 10, j 30 on its own street.
    "facility at a node": Case(
        """
               i
        A-h---1----B
              |
              |
              j
              C
        """,
        ("A1", "1B", "1C"),
        {"h": (40, "1", 0, 0), "i": (20, "1", 10, 0), "j": (30, "1", 0, 0)},
    ),
    # Both are 40 m of street away, with legs of 10: the smaller id.
    "tie between two facilities": Case(
        """
         2   h   1
        A---------B
        """,
        ("AB",),
        {"h": (60, "1", 10, 10)},
    ),
    # The leg decides: 1 is 30 m along the street and 30 beside it, 2 is 50 along and on it.
    "the facility's leg counts": Case(
        """
           1

              h
        A--------2--B
        """,
        ("A2B",),
        {"h": (40, "2", 10, 0)},
    ),
    # Street B-D starts at an interior vertex of A-B-C and is joined there: 10 + 20 + 60.
    "joined at an interior vertex": Case(
        """
        1-----B-----C
              |
              Dh
        """,
        ("1BC", "BD"),
        {"h": (90, "1", 10, 0)},
    ),
    # A street that merely crosses another has no joint with it.
    "crossing without a joint": Case(
        """
            C
            |
        1-------B
            |
            h
            D
        """,
        ("1B", "CD"),
        {"h": "unreachable"},
    ),
    # A street that touches another between two vertices has no joint with it either.
    "touching between vertices": Case(
        """
        1-------B
            C
            h
            D
        """,
        ("1B", "CD"),
        {"h": "unreachable"},
    ),
    # The same leg from either side of the street.
    "both sides of the street": Case(
        """
        h
        |
        A-----1--B

        i
        """,
        ("A1B",),
        {"h": (80, "1", 20, 0), "i": (80, "1", 20, 0)},
    ),
    # The street passes B twice: A-B-C-D-B-1. From A the loop is left out: 20 + 30; from C: up to B 20, and 30.
    "a street that passes a vertex twice": Case(
        """
          C-D
          |/
        A-B--1
        """,
        ("ABCDB1",),
        {"A": (50, "1", 0, 0), "C": (50, "1", 0, 0)},
    ),
    # A loop of 240 m hangs at B. h is 100 m from B one way, 140 the other: 100 + 30.
    "a loop at one junction": Case(
        """
              C-------D
              |       |
        1--   B       h
              |       |
              F-------E
        """,
        ("1B", "BCDEFB"),
        {"h": (180, "1", 0, 0), "C": (80, "1", 0, 0)},
    ),
    # The same street twice, and once the other way, is one street.
    "duplicate streets": Case(
        """
         h
        A----1--B
        """,
        ("A1B", "A1B", "B1A"),
        {"h": (50, "1", 10, 0)},
    ),
    # h is 150 m from the street and just within the leg, i 200 m and beyond it.
    "beyond the leg": Case(
        """
        A----1


        h
        i
        """,
        ("A1",),
        {"h": (400, "1", 150, 0), "i": "not_snapped"},
        cell_m=50,
    ),
    # A facility beyond the leg is not counted; the farther one within it is.
    "facility beyond the leg": Case(
        """
        h----B---------2---C



             1
        """,
        ("hB2C",),
        {"h": (750, "2", 0, 0)},
        cell_m=50,
    ),
}


def _answer(expected: Expected) -> Answer:
    if isinstance(expected, str):
        return Answer(expected)  # type: ignore[arg-type]  # one of the states
    metres, facility_id, home_leg, facility_leg = expected
    return Answer("reached", round(1000 * metres), facility_id, round(1000 * home_leg), round(1000 * facility_leg))


@pytest.mark.parametrize("name", CASES)
def test_distances_worked_out_by_hand(name: str) -> None:
    case = CASES[name]
    town = draw(case.drawing, case.streets, cell_m=case.cell_m)
    homes = [town.places[home] for home in case.expected]
    facilities = {key: place for key, place in town.places.items() if key.isdigit()}
    expected = [_answer(each) for each in case.expected.values()]
    oracle, max_leg_mm = Oracle(town.streets, case.max_leg_m), round(case.max_leg_m * 1000)
    assert oracle.nearest(homes, facilities) == expected
    assert nearest_by_product(town.streets, homes, facilities, max_leg_mm) == expected
    all_pairs = pairs_by_product(town.streets, homes, facilities, max_leg_mm)
    assert all_pairs == oracle.all_pairs(homes, facilities)


def _both(streets: Streets, homes: list[Point], facilities: dict[str, Point]) -> list[Answer]:
    found = nearest_by_product(streets, homes, facilities, 150_000)
    assert found == Oracle(streets, 150).nearest(homes, facilities)
    return found


def test_both_legs_count_where_home_and_facility_stand_on_one_spot() -> None:
    town = draw("A----B\n\n\n   h", ["AB"], cell_m=10)
    assert _both(town.streets, [town.places["h"]], {"F": town.places["h"]}) == [
        Answer("reached", 60_000, "F", 30_000, 30_000)
    ]


def test_a_bridge_joins_nothing_where_it_passes_over_a_vertex() -> None:
    # A-B-C and D-B-E pass through the same place B, once on the ground and once on a bridge: two joints.
    town = draw("  D\nA-B-C\n  E", ["ABC", "DBE"], cell_m=10)
    bridge = town.streets.vertex_node.copy()
    bridge[4] = bridge.max() + 1
    places = town.places
    homes, facilities = [places["D"]], {"1": places["A"]}
    assert _both(town.streets, homes, facilities) == [Answer("reached", 30_000, "1", 0, 0)]
    assert _both(Streets.join(town.streets.frame, bridge), homes, facilities) == [Answer("unreachable")]


def test_ids_break_ties_as_text() -> None:
    town = draw("a--h--b", ["ab"], cell_m=10)
    for ids in (("F9", "F10"), ("F10", "F9")):
        facilities = {ids[0]: town.places["a"], ids[1]: town.places["b"]}
        assert _both(town.streets, [town.places["h"]], facilities) == [Answer("reached", 30_000, "F10", 0, 0)]


def test_a_difference_of_one_millimetre_is_a_tie_and_two_are_not() -> None:
    # Streets 99,999 mm apart. 49,999 mm from the northern and 50,000 from the southern one: the smaller y is south.
    # One millimetre further north the difference is 3 mm.
    town = draw("A-----B\n\n\nC-----D", ["AB", "CD"], cell_m=33.333)
    x, south = town.places["C"]
    homes = [(x + 7, south + 50_000), (x + 7, south + 50_001)]
    answers = _both(town.streets, homes, {"1": (x, south), "2": town.places["A"]})
    assert answers == [Answer("reached", 50_007, "1", 50_000, 0), Answer("reached", 50_005, "2", 49_998, 0)]


def test_lengths_are_rounded_piece_by_piece() -> None:
    # Ten diagonal pieces of √2 mm are 10 mm by pieces, not 14; the offset inside a piece is at most the piece.
    town = draw("A\n B\n  C\n   D\n    E\n     F", ["ABCDEF"], cell_m=0.001)
    assert _both(town.streets, [town.places["A"]], {"1": town.places["F"]}) == [Answer("reached", 5, "1", 0, 0)]
    # Pieces of √8 = 2.83 mm are 3 mm.
    town = draw("A\n B\n  C\n   D\n    E\n     F", ["ACE"], cell_m=0.001)
    assert _both(town.streets, [town.places["A"]], {"1": town.places["E"]}) == [Answer("reached", 6, "1", 0, 0)]


def test_an_offset_is_counted_from_the_start_of_the_street_as_given() -> None:
    # One piece of √(7² + 6²) = 9.22 mm, rounded 9. Seen from the facility, 6 mm east of A, the nearest point lies
    # 42 ÷ 9.22 = 4.56 from A and 4.66 from B, each rounded 5: the rest is 9 − 5 = 4. The leg is 36 ÷ 9.22 = 3.90, 4.
    drawing = "A     1\n\n\n\n\n\n       B"
    for street, expected in (("AB", [9, 8]), ("BA", [8, 9])):
        town = draw(drawing, [street], cell_m=0.001)
        answers = _both(town.streets, [town.places["A"], town.places["B"]], {"1": town.places["1"]})
        assert [answer.mm for answer in answers] == expected


def test_a_bound_on_pairs_is_inclusive() -> None:
    town = draw("a--b---c", ["abc"], cell_m=10)
    homes, facilities = [town.places["a"]], {"1": town.places["b"], "2": town.places["c"]}
    assert pairs_by_product(town.streets, homes, facilities, 0, 70_000) == {(0, "1"): 30_000, (0, "2"): 70_000}
    assert pairs_by_product(town.streets, homes, facilities, 0, 69_999) == {(0, "1"): 30_000}
    assert pairs_by_product(town.streets, homes, facilities, 0, 29_999) == {}
