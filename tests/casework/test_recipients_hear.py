"""Whoever was told something hears once what became of it, and no more than they had been told; the person can know who did."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from django.urls import reverse

from evenhand.casework.kept_apart import told_to_us
from evenhand.casework.letters import answer_letter
from evenhand.casework.notices import notices
from evenhand.casework.rights import request_of
from evenhand.casework.subject_access import entries
from evenhand.gate.act import Invalid
from evenhand.gate.demo import as_worker
from evenhand.operations.erasure import erase
from evenhand.operations.restrictions import end_restrictions
from tests import roads
from tests.casework.test_keeping import DPO, ended, hold, standing_on
from tests.casework.test_rights import case_at_gateway, shared
from tests.casework.test_rights_answer import about, decide
from tests.operations.test_duties import work_off
from tests.visiting import seen, visit
from tests.world import World, raw

SUPERVISOR, HEALTH, SCHOOL = (
    "gateway_supervisor@force",
    "safeguarding_lead@health",
    "safeguarding_lead@school",
)
TODAY = datetime.now(UTC).date().isoformat()


def share(world: World, case_id: UUID, to: str = "health", what: str = "That he is in danger.") -> str:
    told = shared(world, to=world.agency(to), what=what)
    world.take(case_id, SUPERVISOR, "share", "shared", told)
    found = "select id from disclosure where case_id = %s order by recorded_at desc limit 1"
    return str(raw(found, [case_id], alias="admin")[0][0])


def correct(world: World, case_id: UUID, *entries: str, **more: object) -> None:
    wrong = {"what": list(entries), "kind": "untrue", "right": "It was his brother Karim."} | more
    world.take(case_id, "gateway_officer@force", "correct", "corrected", wrong)
    work_off()


def heard(world: World, whom: str) -> list[tuple[str, list[str]]]:
    """What somebody's agency heard became of what it had been told, and what it had been told."""
    with world.enter(whom):
        return [(one.what, [line["what"] for line in one.told]) for one in told_to_us()]


def messages(world: World, whom: str) -> list[tuple[str, object]]:
    rows = (
        "select text, case_id from notice where practitioner_id = %s and kind = 'recipient' order by made_at"
    )
    return [(text, case) for text, case in raw(rows, [world.people[whom].id], alias="admin")]


def test_whoever_was_told_hears_once_that_it_was_corrected_and_nobody_else(world: World):
    case_id = case_at_gateway(world)
    (entry,) = roads.evidence_ids(world, case_id)
    share(world, case_id)
    share(world, case_id, what="That he will be at the school gate.")
    correct(world, case_id, entry)
    work_off()
    assert len(messages(world, HEALTH)) == 1
    assert heard(world, HEALTH) == [
        ("corrected", ["That he is in danger.", "That he will be at the school gate."])
    ]
    for whom in (
        SCHOOL,
        "provider@provider",
        "gateway_officer@force",
        "data_protection_officer@other_council",
    ):
        assert messages(world, whom) == heard(world, whom) == [], whom


def test_the_message_says_no_more_than_they_had(world: World):
    name = f"Ilyas {world.tag}"
    case_id = case_at_gateway(world, names=name)
    (entry,) = roads.evidence_ids(world, case_id)
    share(world, case_id)
    correct(world, case_id, entry)
    reference = str(raw("select reference from case_file where id = %s", [case_id], alias="admin")[0][0])
    ((text, opens),) = messages(world, HEALTH)
    assert opens is None, "it opens no case"
    client = visit(world, HEALTH)
    pages = [seen(client.get(reverse(page))) for page in ("keeping", "worklist")]
    assert "This has been corrected" in pages[0]
    assert "That he is in danger." in pages[0]
    assert world.agencies["force"].name in pages[0]
    for said in (text, *pages):
        for kept in (
            name,
            reference,
            str(case_id),
            "Karim",
            "He said so",
            "As found",
            "They alone can reach him",
        ):
            assert kept not in said, kept


def test_what_a_human_says_did_not_carry_it_is_left_out_and_it_has_to_be_on_the_register(world: World):
    case_id = case_at_gateway(world)
    (entry,) = roads.evidence_ids(world, case_id)
    other = share(world, case_id, what="That he has no home.")
    share(world, case_id, to="school", what="That he said so.")
    elsewhere = share(world, case_at_gateway(world))
    with pytest.raises(Invalid) as invalid:
        correct(world, case_id, entry, not_told=[elsewhere])
    assert set(invalid.value.errors) == {"not_told"}
    correct(world, case_id, entry, not_told=[other])
    assert heard(world, HEALTH) == []
    assert heard(world, SCHOOL) == [("corrected", ["That he said so."])]


def test_whoever_was_told_before_something_was_written_cannot_have_been_told_it(world: World):
    case_id = case_at_gateway(world)
    share(world, case_id)
    fact = {"kind": "fact", "what": "Seen later.", "source": world.code("evidence_sources")}
    world.take(case_id, "gateway_officer@force", "add_evidence", "added", fact)
    late = "select id from evidence where case_id = %s order by recorded_at desc limit 1"
    correct(world, case_id, str(raw(late, [case_id], alias="admin")[0][0]))
    assert messages(world, HEALTH) == heard(world, HEALTH) == []


def test_whoever_is_kept_out_of_the_case_hears_nothing_of_it(world: World):
    case_id = case_at_gateway(world)
    (entry,) = roads.evidence_ids(world, case_id)
    share(world, case_id)
    raw("insert into interest (id, case_id, part, recorded_at, recorded_by, aud, bar, practitioner_id, sealed) values (gen_random_uuid(),"
        " %s, 'file', now(), %s, '{}', '{}', %s, '\\x00')", [case_id, world.people[HEALTH].id, world.people[HEALTH].id], alias="admin")  # fmt: skip
    raw("select wall.rewall(%s)", [case_id], alias="admin")
    correct(world, case_id, entry)
    assert messages(world, HEALTH) == heard(world, HEALTH) == []


def test_what_is_set_apart_is_said_and_that_it_comes_back(world: World):
    case_id = case_at_gateway(world)
    about(world, case_id, "object")
    share(world, case_id)
    world.take(case_id, DPO, "restrict_material", "restricted", hold(world, cause="objection"))
    work_off()
    assert [what for what, _ in heard(world, HEALTH)] == ["set_apart"]
    ended = {"which": standing_on(case_id), "told_on": TODAY}
    world.take(case_id, DPO, "lift_restriction", "lifted", ended)
    work_off()
    assert [what for what, _ in heard(world, HEALTH)] == ["back", "set_apart"]
    assert ["may be used again" in text for text, _ in messages(world, HEALTH)] == [False, True]


def test_it_may_be_used_again_once_nothing_more_of_it_is_set_apart(world: World):
    case_id = case_at_gateway(world)
    about(world, case_id, "object")
    share(world, case_id)
    for _ in range(2):
        world.take(case_id, DPO, "restrict_material", "restricted", hold(world, cause="objection"))
    one, other = standing_on(case_id)
    world.take(case_id, DPO, "lift_restriction", "lifted", {"which": [one], "told_on": TODAY})
    assert "back" not in [what for what, _ in heard(world, HEALTH)]
    raw("update restriction set until = current_date - 1 where id = %s", [other], alias="admin")
    with as_worker():
        end_restrictions()
        end_restrictions()
    work_off()
    assert [what for what, _ in heard(world, HEALTH)].count("back") == 1
    assert len(messages(world, HEALTH)) == 3


def test_the_keeper_is_asked_once_to_tell_the_person_before_it_comes_back(world: World):
    case_id = case_at_gateway(world)
    about(world, case_id, "object")
    world.take(case_id, DPO, "restrict_material", "restricted", hold(world, cause="objection"))
    for days, said in ((60, 0), (5, 1)):
        raw(
            "update restriction set until = current_date + %s where case_id = %s",
            [days, case_id],
            alias="admin",
        )
        for _ in range(2):
            with as_worker():
                end_restrictions()
        with world.enter("analyst@force") as who:
            found = [one.text for one in notices(who) if "was set apart" in one.text]
        assert len(found) == said
    assert "Tell the person before" in found[0]
    with world.enter("gateway_officer@force") as who:
        assert not [one for one in notices(who) if "was set apart" in one.text]


def test_a_hold_is_told_to_nobody(world: World):
    case_id = case_at_gateway(world)
    share(world, case_id)
    world.take(case_id, SUPERVISOR, "hold_material", "held", hold(world))
    work_off()
    assert messages(world, HEALTH) == heard(world, HEALTH) == []


def test_the_person_can_know_who_was_told_of_it(world: World):
    case_id = case_at_gateway(world)
    (entry,) = roads.evidence_ids(world, case_id)
    share(world, case_id)
    number = about(world, case_id, "rectify")
    wrong = {"what": [entry], "kind": "untrue", "right": "It was somebody else."}
    world.take(case_id, DPO, "correct", "corrected", wrong)
    health = world.agencies["health"].name
    officer = visit(world, DPO)
    assert f"Who was told of it {health}" in seen(officer.get(reverse("rights_request", args=[number])))

    def letter() -> str:
        with world.enter(DPO):
            return " ".join(answer_letter(request_of(number), on=date(2026, 3, 1)).paragraphs)

    decide(world, number, "done")
    assert health not in letter(), "only where they asked"
    decide(world, number, "done", recipients="yes")
    assert f"to whom we had passed it on: {health}." in letter()
    with world.enter(DPO) as who:
        given = {item.kind: item.text for item in entries(number, who)}
    assert health in given["disclosure"]
    assert health in given["recipient_notice"]


def test_nobody_was_told_is_an_answer_too(world: World):
    case_id = case_at_gateway(world)
    (entry,) = roads.evidence_ids(world, case_id)
    number = about(world, case_id, "rectify")
    wrong = {"what": [entry], "kind": "untrue", "right": "It was somebody else."}
    world.take(case_id, DPO, "correct", "corrected", wrong)
    decide(world, number, "done", recipients="yes")
    with world.enter(DPO):
        letter = answer_letter(request_of(number), on=date(2026, 3, 1))
    assert "We had passed it on to nobody." in " ".join(letter.paragraphs)


def test_of_what_is_to_be_erased_the_person_knows_who_will_be_asked_before_nobody_can_say_it_any_more(
    world: World,
):
    case_id = ended(world)
    raw("insert into disclosure (id, case_id, part, recorded_at, recorded_by, aud, bar, agency_id, kind, purpose, basis, decision_id, sealed)"
        " select gen_random_uuid(), %s, 'file', now(), recorded_by, '{}', '{}', %s, 'share', 'protect', 'vital', id, '\\x00' from decision"
        " where case_id = %s and step = 'decide_gateway'", [case_id, world.agencies["health"].id, case_id], alias="admin")  # fmt: skip
    number = about(world, case_id, "erase")
    world.take(case_id, DPO, "review_keeping", "erase", {})
    decide(world, number, "done", recipients="yes")
    with as_worker():
        erase(case_id, {"by": None})
    with world.enter(DPO):
        letter = answer_letter(request_of(number), on=date(2026, 3, 1))
    assert world.agencies["health"].name in " ".join(letter.paragraphs)


def test_the_form_asks_about_the_register_only_where_something_was_disclosed(world: World):
    case_id = case_at_gateway(world)
    address = reverse("step", args=[case_id, "correct"])
    officer = visit(world, "gateway_officer@force")
    assert 'name="not_told"' not in officer.get(address).content.decode()
    share(world, case_id)
    page = seen(officer.get(address))
    assert "Which of these did not tell them of it" in page
    assert "That he is in danger." in page
