"""Charter 3: places are protected, nobody who comes to them is listed, and what a contact says is not a report about anybody."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

from django.apps import apps
from django.db import models

from evenhand.casework import protect
from evenhand.casework.find import find
from evenhand.casework.protect.warning import acknowledge
from evenhand.gate.entry import enter_door, now
from evenhand.gate.policy import pack
from evenhand.records.area_row import AreaRow
from tests import places
from tests.visiting import seen, visit
from tests.world import World, raw

ABOUT_PEOPLE = ("case_file", "person", "report", "identity", "evidence", "decision", "duty", "notice")


def counts() -> dict[str, int]:
    tables = [*ABOUT_PEOPLE, "wall.name_token"]
    return {table: raw(f"select count(*) from {table}", alias="admin")[0][0] for table in tables}


def test_what_a_contact_tells_becomes_no_report_no_case_and_no_entry_in_an_index(world: World) -> None:
    world.refer()
    site = places.site(world)
    contact = places.contact(world, site)
    officer = str(world.people["responder@force"].id)
    done = places.act(world, "warn", site, contact=str(contact), officer=officer, warning="Be aware.")
    before = counts()
    with enter_door():
        acknowledge(done.kept["token"], "Zebulon Quartermain prays here and has been saying strange things.")
    assert counts() == before
    with world.enter("gateway_officer@force") as who:
        assert find("Zebulon Quartermain", who, now=now()) == []
    assert "Zebulon" not in seen(visit(world, "gateway_officer@force").get("/worklist/"))


def test_no_table_of_the_response_leads_to_a_person_or_a_case_and_none_leads_back() -> None:
    own = set(AreaRow.__subclasses__())
    about_people = {"Case", "Person", "Report", "Reporter", "Identity", "Evidence"}
    for model in apps.get_app_config("records").get_models():
        for field in model._meta.concrete_fields:
            if isinstance(field, models.ForeignKey):
                names = {model.__name__, field.related_model.__name__}
                related = {model, field.related_model}
                assert not (related & own and names & about_people), (model, field)


def test_no_form_about_a_place_asks_for_names_of_people_but_its_contacts_and_officers() -> None:
    allowed = {("site_contact", "contact"), ("site", "name")}
    for act in protect.ACTS.values():
        for field in pack().forms[act.form].fields:
            assert field.kind not in {"person_names", "practitioner", "file"}, (act.form, field.code)
            if re.search(r"\bnames?\b", field.label, re.IGNORECASE) and field.kind in {"text", "long_text"}:
                assert (act.form, field.code) in allowed, (act.form, field.code)


def test_the_pages_say_that_nobody_is_listed_and_show_contacts_alone(world: World) -> None:
    site = places.site(world)
    places.contact(world, site, name="Maryam Siddiqui")
    page = seen(visit(world, places.PLANNER).get(f"/sites/{site}/"))
    assert "No list of those who come to it is kept." in page
    assert "Maryam Siddiqui" in page
    index = seen(visit(world, places.PLANNER).get("/sites/"))
    assert "No list of the people who come to them is kept anywhere here." in index
    assert "Maryam Siddiqui" not in index


def test_a_priority_is_of_a_window_and_no_row_about_a_place_holds_a_number_about_a_person() -> None:
    words = re.compile(r"risk|score|rank|suspic|rating")
    for model in AreaRow.__subclasses__():
        for field in model._meta.concrete_fields:
            assert not words.search(field.name), (model, field.name)
    for file in Path(inspect.getfile(protect)).parent.glob("*.py"):
        assert "risk_of" not in file.read_text("utf-8")
