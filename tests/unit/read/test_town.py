"""Towns drawn in characters: where places lie, how streets join, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from circle15.core.errors import ConfigError
from circle15.read.town import draw, grid


def test_one_character_across_and_one_line_down_are_one_cell() -> None:
    town = draw(
        """
        A-----B
              |
        h     C
        """,
        ["AB", "BC"],
        cell_m=50,
        origin=(1000, 2000),
    )
    assert town.places == {
        "A": (1_000_000, 2_000_000),
        "B": (1_300_000, 2_000_000),
        "h": (1_000_000, 1_900_000),
        "C": (1_300_000, 1_900_000),
    }
    assert town.point("C") == shapely.Point(1300, 1900)
    assert list(town.points("hA")) == [shapely.Point(1000, 1900), shapely.Point(1000, 2000)]
    assert town.points_mm("hA").tolist() == [[1_000_000, 1_900_000], [1_000_000, 2_000_000]]
    assert town.points_mm([]).shape == (0, 2)


def test_streets_are_lines_through_their_places_and_join_there() -> None:
    town = draw("AB\nDC", ["ABCDA", "AC", "AC"], cell_m=100)
    frame = town.streets.frame
    assert list(frame["street_id"]) == ["ABCDA", "AC", "AC"]
    assert list(frame.geometry.length.round(6)) == [400.0, 141.421356, 141.421356]
    a, b, c, d = town.streets.vertex_node[:4].tolist()
    assert len({a, b, c, d}) == 4
    assert town.streets.vertex_node.tolist() == [a, b, c, d, a, a, c, a, c]


def test_geometry_is_on_the_millimetre_grid_and_every_cell_is_equally_long() -> None:
    town = draw("A-B-C", ["ABC"], cell_m=33.3335)
    assert np.diff(town.points_mm("ABC")[:, 0]).tolist() == [66_668, 66_668]
    exact = shapely.get_coordinates(town.streets.frame.geometry.to_numpy()) * 1000
    assert np.abs(exact - np.round(exact)).max() < 1e-6


def test_decoration_and_indentation_mean_nothing() -> None:
    plain = draw("A B\n\nC D", ["AB", "CD"])
    dressed = draw(
        """

            A-B
            |/.
            C+D
        """,
        ["AB", "CD"],
    )
    assert dressed.places == plain.places
    assert list(dressed.streets.frame.geometry) == list(plain.streets.frame.geometry)


@pytest.mark.parametrize(
    ("drawing", "streets", "said"),
    [
        ("A-B", ["AX"], "'AX': 1 names are not drawn (X)"),
        ("A-B", ["A"], "1 streets pass fewer than two places ('A')"),
        ("A-B", ["AA"], "1 streets pass fewer than two places ('AA')"),
        ("A-B-A", ["AB"], "The drawing names 1 places more than once (A)"),
        ("A-B", [], "No street is given"),
    ],
)
def test_a_wrong_drawing_is_refused(drawing: str, streets: list[str], said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        draw(drawing, streets)
    assert said in caught.value.say("en")
    assert caught.value.say("zh") != caught.value.say("en")


def test_all_problems_are_told_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        draw("A-B-A", ["AX", "B", "YZ"])
    assert len(caught.value.problems) == 4


def test_unknown_points_are_all_named() -> None:
    with pytest.raises(ConfigError, match="Q, R"):
        draw("A-B", ["AB"]).points("AQR")


def test_a_grid_has_one_street_for_each_line_joined_at_every_crossing() -> None:
    town = grid(3, 2, 100, origin=(0, 1000))
    frame = town.streets.frame
    assert list(frame["street_id"]) == ["row 0", "row 1", "column 0", "column 1", "column 2"]
    assert frame.geometry.length.sum() == 2 * 200 + 3 * 100
    assert town.places["2,1"] == (200_000, 900_000)
    assert len(np.unique(town.streets.vertex_node)) == 6
    assert len(town.streets.vertex_node) == 12


def test_a_grid_below_two_by_two_is_refused() -> None:
    with pytest.raises(ConfigError, match="1 × 5"):
        grid(1, 5, 100)
