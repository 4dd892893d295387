"""An administrator keeps people and agencies, sees no case, and every change is on record."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.conf import settings
from django.db import connections
from django.test import Client

from evenhand.gate.act import Refused
from evenhand.gate.entry import now
from evenhand.operations import partnership
from tests.operations.test_duties import work_off
from tests.visiting import seen, visit


@pytest.fixture
def keeper(world):
    return visit(world, "administrator@force")


TODAY = date.today()  # noqa: DTZ011 - a test's day


def lines() -> int:
    with connections["admin"].cursor() as cursor:
        cursor.execute("select count(*) from ledger_entry")
        return cursor.fetchone()[0]


def parts(name: str, day: date) -> dict[str, int]:
    return {f"{name}-day": day.day, f"{name}-month": day.month, f"{name}-year": day.year}


def add(world, keeper, name="Rosa Lund") -> str:
    email = f"{name.split()[0].lower()}.{world.tag}@example.org"
    response = keeper.post(
        "/administration/people/add/", {"name": name, "email": email, "agency": world.agency("school")}
    )
    assert response.status_code == 302, seen(response)
    return response.url


PAGES = ("", "agencies/", "people/", "people/add/", "work/")


@pytest.mark.parametrize("page", PAGES)
def test_nobody_else_comes_in(world, page):
    assert Client().get(f"/administration/{page}").status_code == 302
    assert visit(world, "panel_member@council").get(f"/administration/{page}").status_code == 403


def test_the_wall_itself_refuses_what_a_page_would_have_let_through(world):
    with world.enter("gateway_officer@force") as who, pytest.raises(Refused):
        partnership.add_agency(who, name="Ours", kind="police", now=now())
    ours = world.agencies["force"].__class__(code=f"x{world.tag}", name="Ours", kind="police")
    with pytest.raises(Exception, match="row-level security"), world.enter("gateway_officer@force"):
        ours.save(force_insert=True, using="default")


def test_somebody_new_gets_a_role_an_invitation_and_signs_in(world, keeper):
    before = lines()
    address = add(world, keeper)
    given = {"doing": "role", "role": "safeguarding_lead", "agency": world.agency("school")} | parts(
        "from", TODAY
    )
    assert "Safeguarding lead" in seen(keeper.post(address, given, follow=True))
    sent = keeper.post(address, {"doing": "invite"}, follow=True)
    assert "The invitation went to rosa." in seen(sent)
    assert lines() >= before + 3
    work_off()
    mails = (path.read_text().replace("=\n", "") for path in Path(settings.MAIL_FOLDER).glob("*.eml"))
    mine = next(mail for mail in mails if f"{world.tag}" in mail and "/invitation/" in mail)
    link = re.search(r"http://testserver(/invitation/\S+)", mine).group(1)
    stranger = Client()
    assert stranger.get(link).status_code == 200


def test_nobody_gives_themselves_a_role(world, keeper):
    me = world.people["administrator@force"].id
    page = keeper.get(f"/administration/people/{me}/")
    assert "Nobody changes their own roles" in seen(page)
    given = {"doing": "role", "role": "gateway_supervisor", "agency": world.agency("force")} | parts(
        "from", TODAY
    )
    response = keeper.post(f"/administration/people/{me}/", given)
    assert response.status_code == 422
    assert "Gateway supervisor" not in seen(keeper.get(f"/administration/people/{me}/")).split("Roles", 2)[1]


def test_cover_lasts_for_its_days_and_lets_the_stand_in_work(world, keeper):
    done = world.refer()
    stand_in = add(world, keeper, "Kim Osei").split("/")[3]
    absent = world.people["gateway_officer@force"].id
    today = TODAY
    given = (
        {"doing": "cover", "stand_in": stand_in}
        | parts("cover_from", today)
        | parts("cover_to", today + timedelta(days=5))
    )
    assert "Covered: 1 roles" in seen(keeper.post(f"/administration/people/{absent}/", given, follow=True))
    world.people["kim"] = (
        world.people["gateway_officer@force"].__class__.objects.using("admin").get(id=stand_in)
    )
    assert done.reference in seen(visit(world, "kim").get("/worklist/?list=teams"))
    wrong = keeper.post(
        f"/administration/people/{absent}/",
        {"doing": "cover", "stand_in": stand_in} | parts("cover_from", today),
    )
    assert wrong.status_code == 422


def test_somebody_who_leaves_is_a_stranger_at_once(world, keeper):
    leaver = visit(world, "case_officer@force")
    assert leaver.get("/worklist/").status_code == 200
    keeper.post(f"/administration/people/{world.people['case_officer@force'].id}/", {"doing": "leave"})
    assert leaver.get("/worklist/").status_code == 302


def test_an_administrator_ends_somebodys_sittings_on_every_device_at_once_and_it_is_on_record(world, keeper):
    person = world.people["case_officer@force"].id
    desk, phone = visit(world, "case_officer@force"), visit(world, "case_officer@force", agent="Phone")
    other = visit(world, "analyst@force")
    before = lines()
    keeper.post(f"/administration/people/{person}/", {"doing": "sign_out"})
    assert lines() > before
    assert desk.get("/worklist/").status_code == 302
    assert phone.get("/worklist/").status_code == 302
    assert other.get("/worklist/").status_code == 200
    assert visit(world, "case_officer@force").get("/worklist/").status_code == 200
    assert desk.post(f"/administration/people/{person}/", {"doing": "sign_out"}).status_code == 403


def test_a_lost_second_step_is_forgotten_by_another_on_record_and_by_nobody_for_themselves(world, keeper):
    user, own = world.user("case_officer@force"), world.user("administrator@force")
    for each in (user, own):
        TOTP.activate(each, "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
    desk, before = visit(world, "case_officer@force"), lines()
    keeper.post(f"/administration/people/{user.id}/", {"doing": "lost"})
    assert lines() > before
    assert desk.get("/worklist/").status_code == 302
    assert not Authenticator.objects.filter(user_id=user.id).exists()
    refused = keeper.post(f"/administration/people/{own.id}/", {"doing": "lost"})
    assert refused.status_code == 422
    assert Authenticator.objects.filter(user_id=own.id).exists()
    asked = visit(world, "case_officer@force").post(f"/administration/people/{own.id}/", {"doing": "lost"})
    assert asked.status_code == 403
    assert Authenticator.objects.filter(user_id=own.id).exists()
    Authenticator.objects.filter(user_id=own.id).delete()


def test_an_agency_a_team_and_an_area_are_added_once(world, keeper):
    name = f"Bridge Trust {world.tag}"
    given = {"doing": "agency", "name": name, "kind": "health"}
    assert name in seen(keeper.post("/administration/agencies/", given, follow=True))
    again = keeper.post("/administration/agencies/", given)
    assert again.status_code == 422
    assert "takes part already" in seen(again)
    team = {"doing": "team", "agency": world.agency("school"), "team": "Pastoral"}
    assert "Pastoral" in seen(keeper.post("/administration/agencies/", team, follow=True))
    area = {
        "doing": "area",
        "label": f"North {world.tag}",
        "answers": world.agency("council"),
        "force": world.agency("force"),
    }
    assert f"North {world.tag}" in seen(keeper.post("/administration/agencies/", area, follow=True))


def test_an_administrator_sees_no_case_and_a_supervisor_hands_over_many(world, keeper):
    references = [world.refer().reference for _ in range(3)]
    officer = world.people["gateway_officer@force"].id
    other = world.add("gateway_officer", "force", key="second@force")
    text = seen(keeper.get(f"/administration/work/?owner={officer}"))
    assert not any(reference in text for reference in references)
    supervisor = visit(world, "gateway_supervisor@force")
    page = supervisor.get(f"/administration/work/?owner={officer}")
    assert all(reference in seen(page) for reference in references)
    cases = re.findall(r'name="case" type="checkbox" value="([^"]+)"', page.content.decode())
    assert len(cases) == 3
    sent = {
        "owner": officer,
        "case": cases,
        "to": other.id,
        "ground": world.code("assign_reasons"),
        "reason": "Away until May.",
    }
    missing = supervisor.post("/administration/work/", sent | {"to": ""})
    assert missing.status_code == 422
    assert "Away until May." in seen(missing)
    assert "Handed over: 3" in seen(supervisor.post("/administration/work/", sent, follow=True))
    assert all(reference in seen(visit(world, "second@force").get("/worklist/")) for reference in references)


def test_cases_go_to_nobody_who_may_not_own_them(world):
    done = world.refer()
    supervisor = visit(world, "gateway_supervisor@force")
    sent = {
        "owner": world.people["gateway_officer@force"].id, "case": [str(done.case_id)],
        "to": world.people["analyst@force"].id, "ground": world.code("assign_reasons"), "reason": "Away.",
    }  # fmt: skip
    response = supervisor.post("/administration/work/", sent)
    assert response.status_code == 422
    assert "holds the role that owns the case" in seen(response)


def test_two_of_one_name_at_one_agency_are_told_apart_by_what_they_do(world, keeper):
    world.add("case_officer", "force", name="Sam Twice", key="one")
    world.add("gateway_officer", "force", name="Sam Twice", key="other")
    page = seen(keeper.get("/administration/work/"))
    assert "Sam Twice (case officer)" in page
    assert "Sam Twice (gateway officer)" in page
