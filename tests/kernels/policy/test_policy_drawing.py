"""The picture and the page show the whole journey, and the ones in the documents are not stale."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from evenhand.cli.main import main
from evenhand.kernels.policy import (
    BUILT_IN,
    Journey,
    Pack,
    draw_svg,
    draw_table,
    explain_step,
    journey_page,
    load_pack,
)

PAGES = Path(__file__).resolve().parents[3] / "docs" / "reference" / "journeys"
SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize("code", ["gb-eaw", "ca-situation-table"])
def test_the_pages_in_the_documents_are_not_stale(code: str) -> None:
    pack = load_pack(BUILT_IN / code)
    for name, journey in pack.journeys.items():
        picture = f"{code}.{name}.svg"
        said = f"run `evenhand policy draw {code}` and commit {picture}"
        assert (PAGES / picture).read_text(encoding="utf-8") == draw_svg(journey), said
        page = (PAGES / f"{code}.{name}.md").read_text(encoding="utf-8")
        assert page == journey_page(pack, journey, picture=picture), said


def test_the_picture_names_every_place_stands_alone_and_runs_nothing(channel: Journey) -> None:
    root = ET.fromstring(draw_svg(channel))
    assert root.find(f"{SVG}title") is not None
    assert root.find(f"{SVG}desc") is not None
    text = " ".join("".join(node.itertext()) for node in root.iter(f"{SVG}text"))
    for place in channel.places.values():
        assert place.label in text
    for step in channel.steps.values():
        assert step.label in text
    assert {node.tag.removeprefix(SVG) for node in root.iter()} <= {
        "svg", "title", "desc", "style", "rect", "text", "g", "path", "circle",
    }  # fmt: skip
    assert not any(key.startswith("on") or "href" in key for node in root.iter() for key in node.attrib)


def test_hostile_labels_stay_words(table: Pack) -> None:
    from dataclasses import replace

    journey = table.journeys["situation"]
    place = replace(journey.places["closed"], label="<script>&")
    drawn = draw_svg(replace(journey, places={**journey.places, "closed": place}))
    assert "<script>" not in drawn
    ET.fromstring(drawn)


def test_the_table_shows_each_step_with_its_clause(channel: Journey) -> None:
    drawn = draw_table(channel)
    for step in channel.steps.values():
        assert f"`{step.code}`" in drawn
        assert step.clause in drawn


def test_every_step_can_be_explained(eaw: Pack, channel: Journey) -> None:
    for step in channel.steps.values():
        told = explain_step(eaw, channel, step.code)
        assert "Clause: " in told
        assert all(outcome.label.split()[0] in told for outcome in step.outcomes.values())


# ------------------------------------------------------------------ the command


def test_check_answers_with_0_or_1(capsys: pytest.CaptureFixture[str], broken: object) -> None:
    assert main(["policy", "check", "gb-eaw"]) == 0
    assert main(["policy", "check", "ca-situation-table"]) == 0
    assert callable(broken)
    folder = broken("journeys/situation.toml", 'verb = "share"', 'verb = "sahre"')
    capsys.readouterr()
    assert main(["policy", "check", str(folder)]) == 1
    out = capsys.readouterr().out.splitlines()
    assert len(out) == 2
    assert "journeys/situation.toml: step.invite.verb: 'sahre' is none of" in out[0]


def test_a_pack_or_step_there_is_none_of_is_said_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policy", "check", "gb-eww"]) == 2
    assert main(["policy", "explain", "gb-eaw", "sreen"]) == 2
    assert main(["policy", "draw", "/nowhere/at/all"]) == 2
    assert len(capsys.readouterr().err.strip().splitlines()) == 3


def test_a_site_own_folder_is_listed_and_drawn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import shutil

    shutil.copytree(BUILT_IN / "ca-situation-table", tmp_path / "packs" / "own")
    pack = tmp_path / "packs" / "own" / "pack.toml"
    pack.write_text(pack.read_text().replace('code = "ca-situation-table"', 'code = "own"'))
    monkeypatch.setenv("EVENHAND_PACKS", str(tmp_path / "packs"))
    assert main(["policy", "list"]) == 0
    assert "own" in capsys.readouterr().out
    assert main(["policy", "draw", "own", "--out", str(tmp_path / "out")]) == 0
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["own.situation.md", "own.situation.svg"]
    assert main(["policy", "explain", "own", "situation.identify"]) == 0
    assert "no name may be told" in capsys.readouterr().out
