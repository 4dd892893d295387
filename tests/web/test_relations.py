"""Line managers and relatives are declared on a page, by whoever may."""

from __future__ import annotations

from evenhand.records.kept_out import Relation
from tests.visiting import seen, visit
from tests.world import World


def test_one_declares_one_s_own_and_ends_it(world: World):
    client, sister = visit(world, "case_officer@force"), world.people["panel_member@force"]
    assert "Nothing is declared yet" in seen(client.get("/relations/"))
    assert client.post("/relations/", {"other": str(sister.id), "kind": "relative"}).status_code == 302
    assert sister.name in seen(client.get("/relations/"))
    found = Relation.objects.using("admin").get(other=sister)
    assert found.declared_by == world.people["case_officer@force"].id
    assert visit(world, "gateway_officer@force").post(f"/relations/{found.id}/end/").status_code == 404
    assert client.post(f"/relations/{found.id}/end/").status_code == 302


def test_wrong_input_comes_back_and_nobody_declares_relatives_of_others(world: World):
    client = visit(world, "administrator@force")
    officer, sister = world.people["gateway_officer@force"], world.people["panel_member@force"]
    assert client.post("/relations/", {"other": "", "kind": "relative"}).status_code == 422
    given = {"of": str(officer.id), "other": str(sister.id)}
    assert client.post("/relations/", given | {"kind": "relative"}).status_code == 422
    assert client.post("/relations/", given | {"kind": "line_manager"}).status_code == 302
    assert not Relation.objects.using("admin").filter(practitioner=officer, kind="relative").exists()


def test_an_administrator_is_told_that_nobody_stands_on_two_sides(world: World):
    client = visit(world, "administrator@force")
    person = world.people["gateway_officer@force"]
    given = {
        "role": "integrity_investigator", "agency": str(world.agencies["force"].id), "from-day": "1",
        "from-month": "2", "from-year": "2026", "do": "give_role", "action": "give_role",
    }  # fmt: skip
    page = client.post(f"/administration/people/{person.id}/", given)
    assert page.status_code < 500
    with world.enter("administrator@force") as who:
        from datetime import date

        import pytest

        from evenhand.gate.act import Invalid
        from evenhand.gate.entry import now
        from evenhand.operations.roles import give_role

        with pytest.raises(Invalid):
            give_role(who, person.id, role="integrity_investigator", agency=world.agencies["force"].id,
                      from_date=date(2026, 2, 1), to_date=None, now=now())  # fmt: skip
