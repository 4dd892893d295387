"""Charter 1, 3 and 10 among incidents: no score, nothing told as victim becomes a concern, and a wall that hides itself."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.apps import apps
from django.db import DatabaseError, models, transaction

from evenhand.casework import incidents as noun
from evenhand.casework.find import find
from evenhand.casework.keep_incident import forget, step_back
from evenhand.gate.act import Invalid
from evenhand.gate.entry import now
from evenhand.gate.incidents import NoSuchIncident
from evenhand.records.case import Case, Person
from evenhand.records.incident import Incident
from tests.incidents import COORDINATOR, MARCH, RECORDER, put, watch_areas
from tests.world import World, raw

SOURCES = Path(noun.__file__).resolve().parents[1]
OURS = (
    "incident.py",
    "incidents.py",
    "record_incident.py",
    "told_incident.py",
    "told_incident.py",
    "correct_incident.py",
    "keep_incident.py",
    "match_incidents.py",
)


def test_what_a_victim_tells_makes_no_person_no_case_and_no_name_to_find(world: World):
    areas = watch_areas(world)
    people, cases = Person.objects.using("admin").count(), Case.objects.using("admin").count()
    put(
        world,
        areas["east"],
        what_happened="I am Zubaydah Unmistakable and he pulled my scarf.",
        suspect="Orson Unlikely",
    )
    assert (Person.objects.using("admin").count(), Case.objects.using("admin").count()) == (people, cases)
    with world.enter("gateway_officer@force", at=MARCH) as who:
        assert not find("Zubaydah Unmistakable", who, now=now())
        assert not find("Orson Unlikely", who, now=now())
    clear = raw(
        "select to_jsonb(i)::text from incident i where area_id = %s", [areas["east"].code], alias="admin"
    )[0][0]
    assert "Zubaydah" not in clear
    assert "Orson" not in clear


def test_no_relation_leads_between_incidents_and_cases_or_persons() -> None:
    incidents = {
        "Incident",
        "IncidentVersion",
        "IncidentPair",
        "IncidentBar",
        "ImportRun",
        "AlarmEpisode",
        "WatchSeries",
    }
    for model in apps.get_app_config("records").get_models():
        for field in model._meta.concrete_fields:
            if isinstance(field, models.ForeignKey):
                pair = {model.__name__, field.related_model.__name__}
                assert not (
                    pair & incidents and pair & {"Case", "Person", "Identity", "Report", "Reporter"}
                ), (model, field)


def test_no_code_of_incidents_reads_cases_or_names_and_none_of_concerns_reads_incidents() -> None:
    for path in SOURCES.rglob("*.py"):
        text = path.read_text()
        if path.name in OURS or "import_incidents" in str(path):
            assert not re.search(r"records\.(case|identity|report|equality)\b(?! import)", text), path
            assert not re.search(r"from evenhand\.records\.(case|identity|report) import", text), path
        elif path.parent.name == "casework":
            assert "records.incident" not in text, path


def test_nothing_about_an_incident_is_a_score() -> None:
    for model in ("Incident", "IncidentPair", "AlarmEpisode", "WatchSeries"):
        for field in apps.get_model("records", model)._meta.concrete_fields:
            assert not re.search(r"score|rank|risk|severity|weight|grade", field.name), (model, field.name)


@pytest.mark.parametrize("whom", ["gateway_officer@force", "case_officer@force", "analyst@force", "administrator@force",
                                  "hate_crime_coordinator@other_council", "incident_recorder@force2", "panel_chair@council"])  # fmt: skip
def test_whoever_has_no_part_in_it_sees_no_incident_by_orm_or_sql(world: World, whom: str):
    areas = watch_areas(world)
    if whom == "incident_recorder@force2":
        world.add("incident_recorder", "other_force", key=whom)
    done = put(world, areas["east"])
    with world.enter(whom, at=MARCH) as who:
        assert not Incident.objects.exists()
        assert raw("select count(*) from incident")[0][0] == 0
        with pytest.raises(NoSuchIncident):
            noun.look(done.id, who, now=now(), ground="work")


@pytest.mark.parametrize(
    "whom", [RECORDER, COORDINATOR, "responder@force", "hate_crime_coordinator@council", "responder@council"]
)
def test_each_role_of_the_area_sees_it_as_far_as_the_policy_says(world: World, whom: str):
    areas = watch_areas(world)
    done = put(world, areas["east"], suspect="A neighbour, Orson Unlikely")
    with world.enter(whom, at=MARCH) as who:
        found = noun.look(done.id, who, now=now(), ground="work")
        exact = not whom.startswith("responder")
        assert found.told["place"] == ("12 Mill Lane" if exact else "Mill Lane")
        assert ("suspect" in found.told) == exact
        assert ("victim_religion" in found.told) == exact
        # What was the target is not what the victim is, and stands apart.
        assert found.row.religions == ["muslim"]


def test_whoever_steps_back_meets_the_answer_for_what_does_not_exist(world: World):
    areas = watch_areas(world)
    world.add("hate_crime_coordinator", "force", key="second@force")
    done = put(world, areas["east"])
    with world.enter(COORDINATOR, at=MARCH) as who:
        step_back(done.id, who.practitioner_id, who, now=now())
        assert not Incident.objects.filter(id=done.id).exists()
        with pytest.raises(NoSuchIncident):
            noun.look(done.id, who, now=now(), ground="work")
        assert noun.incidents(noun.Wanted())[0] == []
    with world.enter("second@force", at=MARCH):
        assert Incident.objects.filter(id=done.id).exists()


def test_nobody_blinds_a_team_by_naming_it(world: World):
    areas = watch_areas(world)
    done = put(world, areas["east"])
    with world.enter("hate_crime_coordinator@council", at=MARCH) as who:
        step_back(done.id, who.practitioner_id, who, now=now())
    with world.enter(COORDINATOR, at=MARCH) as who, pytest.raises(Invalid):
        step_back(done.id, who.practitioner_id, who, now=now())


def test_what_is_forgotten_can_be_read_by_nobody_and_still_counts(world: World):
    areas = watch_areas(world)
    done = put(world, areas["east"])
    with world.enter(COORDINATOR, at=MARCH) as who:
        forget(done.id, "The review day came and nothing speaks for keeping it.", who, now=now())
        assert noun.look(done.id, who, now=now(), ground="work").told == {}
    assert raw(
        "select sealed is null, duplicate_of_id from incident where id = %s", [done.id], alias="admin"
    ) == [(True, None)]
    sealed = raw("select sealed from incident_version where incident_id = %s", [done.id], alias="admin")[0][0]
    from evenhand.gate import keys

    assert keys.open_(done.id, sealed) == {}


def test_the_record_cannot_be_changed_past_its_versions(world: World):
    areas = watch_areas(world)
    done = put(world, areas["east"])
    with world.enter(COORDINATOR, at=MARCH), pytest.raises(DatabaseError), transaction.atomic():
        raw("update incident set strands = '{race}' where id = %s returning id", [done.id])
    with world.enter(COORDINATOR, at=MARCH), pytest.raises(DatabaseError), transaction.atomic():
        raw("delete from incident where id = %s returning id", [done.id])
