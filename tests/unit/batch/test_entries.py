"""Which studies a batch is of."""

from __future__ import annotations

from pathlib import Path

import pytest

from circle15.batch import find_entries
from circle15.core.errors import ConfigError


def study(folder: Path, study_id: str, name: str = "study.toml") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(f'id = "{study_id}"\n', encoding="utf-8")
    return folder / name


@pytest.fixture
def towns(tmp_path):
    for name in ("b", "a", "deep/c"):
        study(tmp_path / "towns" / name, name.rpartition("/")[2])
    return tmp_path / "towns"


def ids(*names: Path | str) -> list[str]:
    return [entry.study_id for entry in find_entries([str(each) for each in names])]


def test_a_folder_stands_for_every_study_below_it_by_path(towns):
    assert ids(towns) == ["a", "b", "c"]


def test_a_pattern_stands_for_what_it_matches_by_path(towns):
    assert ids(towns / "*" / "study.toml") == ["a", "b"]
    assert ids(towns / "**" / "study.toml") == ["a", "b", "c"]
    assert ids(towns / "[bd]*") == ["b", "c"]


def test_names_keep_their_order_and_a_file_named_twice_is_one_study(towns):
    assert ids(towns / "b" / "study.toml", towns, towns / "*") == ["b", "a", "c"]


@pytest.mark.parametrize("head", ["study,city,province", "研究文件,市,省", "province,note,study,city"])
def test_a_list_says_whose_a_study_is(towns, head):
    cells = {
        "study": "a/study.toml",
        "研究文件": "a/study.toml",
        "city": "甲市",
        "市": "甲市",
        "province": "乙省",
        "省": "乙省",
    }
    row = ",".join(cells.get(each, "x") for each in head.split(","))
    (towns / "list.csv").write_text(f"﻿{head}\n{row}\n", encoding="utf-8")
    (entry,) = find_entries([str(towns / "list.csv")])
    assert (entry.study_id, entry.study, entry.city, entry.province) == ("a", "a/study.toml", "甲市", "乙省")


def test_a_study_that_cannot_be_read_is_an_entry_without_an_id(towns):
    (towns / "a" / "study.toml").write_text("id = ", encoding="utf-8")
    assert ids(towns) == ["", "b", "c"]


@pytest.mark.parametrize("other", ["a", "A"])
def test_two_studies_of_one_id_are_refused_before_any_work(towns, other):
    study(towns / "z", other)
    with pytest.raises(ConfigError, match="2 个研究的 id 相同") as caught:
        ids(towns)
    assert "a/study.toml" in str(caught.value)
    assert "z/study.toml" in str(caught.value)


def test_everything_that_is_wrong_is_said_at_once(towns):
    (towns / "list.csv").write_text("study\nnowhere.toml\n", encoding="utf-8")
    (towns / "other.csv").write_text("file\na/study.toml\n", encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        ids("gone.toml", towns / "list.csv", towns / "other.csv")
    assert [part for part in ("gone.toml", "nowhere.toml", "没有 study") if part not in str(caught.value)] == []


def test_empty_rows_below_a_list_are_no_studies(towns):
    (towns / "list.csv").write_text("研究文件,市\r\na/study.toml,甲市\r\n,\r\n , \r\n", encoding="utf-8-sig")
    assert ids(towns / "list.csv") == ["a"]
