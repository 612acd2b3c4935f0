"""Tag expressions: what they match, and what is refused."""

from __future__ import annotations

import tomllib
from importlib import resources
from typing import Any

import pytest

from circle15.core.errors import ConfigError
from circle15.read.osmtags import parse_expression, parse_expressions

SENIOR = "amenity=social_facility + social_facility=day_care + social_facility:for=senior"


@pytest.mark.parametrize(
    ("expression", "tags", "matches"),
    [
        ("amenity=childcare", {"amenity": "childcare"}, True),
        ("amenity=childcare", {"amenity": "kindergarten"}, False),
        ("amenity=childcare", {}, False),
        ("amenity=childcare", {"building": "childcare"}, False),
        ("amenity=clinic|doctors", {"amenity": "doctors"}, True),
        ("amenity=clinic|doctors", {"amenity": "clinic|doctors"}, False),
        ("amenity", {"amenity": "bench"}, True),
        ("amenity", {"shop": "yes"}, False),
        ("amenity + !name", {"amenity": "bench"}, True),
        ("amenity + !name", {"amenity": "bench", "name": "x"}, False),
        ("building=yes + !amenity + !shop", {"building": "yes"}, True),
        ("building=yes + !amenity + !shop", {"building": "yes", "shop": "bakery"}, False),
        (SENIOR, {"amenity": "social_facility", "social_facility": "day_care", "social_facility:for": "senior"}, True),
        (SENIOR, {"amenity": "social_facility", "social_facility": "day_care", "social_facility:for": "child"}, False),
        (SENIOR, {"amenity": "social_facility", "social_facility": "day_care"}, False),
        ("for=senior", {"for": "senior;disabled"}, True),
        ("for=senior", {"for": "disabled; senior"}, True),
        ("for=senior", {"for": "seniors"}, False),
        ("name=老年大学", {"name": "老年大学"}, True),
        ("name=长者 食堂", {"name": "长者 食堂"}, True),
        ("name=a+b", {"name": "a+b"}, True),
        ("  amenity=childcare   +   !name ", {"amenity": "childcare"}, True),
    ],
)
def test_an_expression_matches_when_all_its_terms_hold(expression, tags, matches) -> None:
    assert parse_expression(expression).matches(tags) is matches


@pytest.mark.parametrize(
    "expression",
    ["", "  ", "=yes", "amenity=", "amenity=a||b", "amenity=|a", "amenity==a", "amenity=a +b=c", "!amenity=a", "!",
     "amenity=a + ", "amenity=a + + name", "a b", "amenity= a", "!name", "!name + !shop"],
)  # fmt: skip
def test_a_malformed_expression_is_refused_by_name(expression) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_expression(expression, "facility.day_care")
    (problem,) = caught.value.problems[:1]
    assert "facility.day_care" in problem.zh
    assert repr(expression) in problem.zh
    assert repr(expression) in problem.en


def test_every_malformed_expression_of_a_list_is_named_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        parse_expressions(["=a", "amenity=childcare", "b="])
    assert len(caught.value.problems) == 2
    assert [each.text for each in parse_expressions(["a=b", "c"])] == ["a=b", "c"]


TYPES = [
    "county_welfare_home",
    "elderly_institution",
    "town_welfare_home",
    "regional_center",
    "town_complex",
    "town_mutual_aid",
    "embedded_facility",
    "community_elderly",
    "community_care_center",
    "day_care",
    "home_care_station",
    "neighborhood_hub",
    "rural_mutual_aid",
    "village_welfare_home",
    "canteen",
    "meal_point",
    "medical_care_center",
    "senior_university",
    "senior_school",
    "nursery",
    "nursery_hub",
    "kindergarten_nursery_class",
    "family_nursery",
    "workplace_nursery",
    "health_center",
    "village_clinic",
    "assessment_agency",
]

ELDERLY = set(TYPES) - {"nursery", "nursery_hub", "kindergarten_nursery_class", "family_nursery",
                        "workplace_nursery", "health_center", "village_clinic"}  # fmt: skip


def the_types() -> Any:
    return tomllib.loads((resources.files("circle15") / "packs" / "types.toml").read_text("utf-8"))["facility"]


def test_the_shared_table_has_every_type_with_labels_and_sound_expressions() -> None:
    types = the_types()
    assert list(types) == TYPES
    for key, each in types.items():
        assert set(each) - {"institution"} == {"zh", "en", "osm", "osm_assumed"}, key
        assert each["zh"]
        assert each["en"]
        parse_expressions([*each["osm"], *each["osm_assumed"]], key)


@pytest.mark.parametrize("key", sorted(ELDERLY))
def test_an_elderly_type_is_certain_only_for_seniors_and_never_matches_another_group(key) -> None:
    each = the_types()[key]
    certain = parse_expressions(each["osm"])
    every = certain + parse_expressions(each["osm_assumed"])
    for expression in certain:
        assert "social_facility:for=senior" in expression.text
    for expression in every:
        tags = {term.key: min(term.values, default="x") for term in expression.terms if not term.absent}
        assert expression.matches(tags)
        assert not any(other.matches({**tags, "social_facility:for": "homeless"}) for other in every)


def test_a_kindergarten_is_only_assumed_to_have_a_nursery_class() -> None:
    types = the_types()
    assert types["kindergarten_nursery_class"]["osm"] == []
    assert types["kindergarten_nursery_class"]["osm_assumed"] == ["amenity=kindergarten"]
    assert "amenity=childcare" in types["nursery"]["osm"]
