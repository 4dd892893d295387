"""A person's rights: what is shared and why, what they get, what is taken out, and the same words whatever is held."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from evenhand.casework import rights, rights_answer
from evenhand.casework.disclosing import register
from evenhand.casework.letters import answer_letter, end_letter
from evenhand.casework.subject_access import choose, entries, pack_up
from evenhand.gate.act import Invalid, NoSuchCase, Refused
from evenhand.gate.demo import as_worker
from evenhand.gate.entry import now
from evenhand.gate.policy import pack
from evenhand.operations.erasure import erase
from evenhand.records.case import Case
from tests import roads
from tests.operations.test_duties import work_off
from tests.world import World, raw

START = datetime(2026, 1, 12, 10, tzinfo=UTC)
DPO = "data_protection_officer@force"
SECOND = "data_protection_officer@council"


def keeping_back(world: World, decision: str) -> dict[str, str]:
    """The answers of a decision that keeps something back."""
    return {
        "decision": decision, "reason": "Others are named.", "ground": world.code("reasons_not_telling"),
        "review_on": (date.today() + timedelta(days=90)).isoformat(), "second": str(world.people[SECOND].id),  # noqa: DTZ011
    }  # fmt: skip


def agreed(world: World, number: UUID, said: str = "agreed") -> None:
    with world.enter(SECOND) as who:
        rights_answer.say_second(number, said, "The ground is specific.", who, now=now())


def shared(world: World, **other: str) -> dict[str, str]:
    return {
        "to": world.agency("health"), "purpose": "protect", "basis": "vital", "what": "That he is in danger.",
        "necessity": "They alone can reach him.", "proportionality": "One sentence, to one team.", **other,
    }  # fmt: skip


def case_at_gateway(world: World, **told: str) -> UUID:
    case_id = world.refer(at=START, **told).case_id
    roads.screened(world, case_id, at=START, names=told.get("names", "Sami Example"))
    ids = roads.evidence_ids(world, case_id)
    world.take(case_id, "gateway_officer@force", "assess", "recorded", roads.assessment(ids), at=START)
    return case_id


def test_a_share_says_why_it_is_needed_and_why_no_less_and_stands_on_the_register(world: World):
    case_id = case_at_gateway(world)
    for missing in ("necessity", "proportionality", "basis"):
        told = shared(world)
        del told[missing]
        with pytest.raises(Invalid) as invalid:
            world.take(case_id, "gateway_supervisor@force", "share", "shared", told)
        assert missing in invalid.value.errors
    world.take(case_id, "gateway_supervisor@force", "share", "shared", shared(world))
    with world.enter(DPO) as who:
        assert not Case.objects.filter(id=case_id).exists()
        (line,) = [x for x in register(who, now=now()) if x.purpose == "protect"]
    assert line.contents["necessity"] == "They alone can reach him."
    assert line.agency == world.agencies["health"].name
    for whom in ("data_protection_officer@other_council", "gateway_officer@force", "administrator@force"):
        with world.enter(whom):
            assert not raw("select 1 from wall.disclosures(100)"), whom


def test_immigration_and_borders_are_refused_with_the_reason(world: World):
    case_id = case_at_gateway(world)
    with pytest.raises(Refused) as refused:
        world.take(
            case_id, "gateway_supervisor@force", "share", "shared", shared(world, purpose="immigration")
        )
    assert "immigration" in str(refused.value)
    assert refused.value.reasons[0].clause
    assert not raw("select 1 from disclosure where case_id = %s and kind = 'share'", [case_id], alias="admin")


@pytest.mark.parametrize(
    ("other", "code"),
    [
        ({"purpose": "support", "basis": "public_task"}, "consent"),
        ({"purpose": "protect", "basis": "consent_support"}, "basis"),
        ({"purpose": "court", "basis": "public_task"}, "receiver"),
    ],
)
def test_what_the_policy_does_not_carry_is_denied(world: World, other: dict[str, str], code: str):
    case_id = case_at_gateway(world)
    with pytest.raises(Refused) as refused:
        world.take(case_id, "gateway_supervisor@force", "share", "shared", shared(world, **other))
    assert code in {reason.code for reason in refused.value.reasons}


def asked(world: World, name: str = "Sami Example", kind: str = "access", whom: str = DPO) -> UUID:
    told = {
        "kind": kind, "name": name, "asks": "What do you hold about me?", "checked": "Passport seen.",
        "received_on": date.today().isoformat(), "contact": "12 Mill Lane",  # noqa: DTZ011 - a test's day
    }  # fmt: skip
    with world.enter(whom) as who:
        return rights.take_request(told, who, now=now())


def linked(world: World, name: str) -> tuple[UUID, list[UUID]]:
    cases = [case_at_gateway(world, names=name), case_at_gateway(world, names=name)]
    number = asked(world, name)
    with world.enter(DPO) as who:
        found = rights.matches(number, name, who, now=now())
        assert {match.case_id for match in found} == set(cases)
        for match in found:
            rights.say_it_is_theirs(number, match.case_id, who, now=now())
    return number, cases


def test_a_request_is_due_in_a_month_and_says_on_what_basis():
    kind = next(k for k in rights.kinds() if k.code == "access")
    assert (kind.due(date(2026, 1, 31)), kind.due(date(2026, 2, 14))) == (
        date(2026, 2, 28),
        date(2026, 3, 14),
    )
    assert kind.basis == "statutory"


def test_a_pack_reaches_across_cases_and_what_was_taken_out_is_gone_while_the_original_stays(world: World):
    name = f"Qasim {world.tag}"
    number, cases = linked(world, name)
    work_off()
    owner = raw("select owner_id from case_file where id = %s", [cases[0]], alias="admin")[0][0]
    assert raw("select 1 from notice where practitioner_id = %s and case_id = %s and text like '%%asked for what is held%%'",
               [owner, cases[0]], alias="admin")  # fmt: skip
    with world.enter(DPO) as who:
        found = entries(number, who)
        assert {entry.case_id for entry in found} == set(cases)
        rights_answer.decide(number, keeping_back(world, "part"), who, now=now())
        evidence = next(entry for entry in found if "He said so." in entry.text)
        with pytest.raises(Invalid) as invalid:
            choose(number, evidence.id, who, masks=[], also="said so", now=now())
        assert "why" in invalid.value.errors
        for entry in found:
            also = "said so" if entry.id == evidence.id else ""
            choose(number, entry.id, who, masks=[], also=also, why="Somebody else" if also else "", now=now())
        with pytest.raises(Invalid, match="independent"):
            pack_up(number, who, now=now())
    agreed(world, number)
    with world.enter(DPO) as who:
        contents = pack_up(number, who, now=now())
        again = next(entry for entry in entries(number, who) if entry.id == evidence.id)
        assert "He said so." in again.text
    with zipfile.ZipFile(io.BytesIO(contents)) as archive:
        texts = {n: archive.read(n).decode() for n in archive.namelist()}
        assert set(texts) == {"your-data.html", "your-data.txt", "your-data.json"}
        page = texts["your-data.html"]
        told = json.loads(texts["your-data.json"])
    mine = next(e for e in told["entries"] if "[removed]" in e["text"])
    assert "said so" not in mine["text"]
    assert name in page
    assert "lang=" in page


def test_who_reported_and_the_check_against_live_work_are_in_no_pack(world: World):
    name = f"Rafi {world.tag}"
    number, _ = linked(world, name)
    with world.enter(DPO) as who:
        kinds = {entry.kind for entry in entries(number, who)}
        texts = " ".join(entry.text for entry in entries(number, who))
    assert not kinds & {"reporter", "deconfliction", "interest", "access_grant"}
    assert "Safeguarding Lead" not in texts


def test_a_case_that_is_closed_to_whoever_answers_is_not_found_and_not_linked(world: World):
    name = f"Tariq {world.tag}"
    case_id = case_at_gateway(world, names=name)
    raw("insert into interest (id, case_id, part, recorded_at, recorded_by, aud, bar, practitioner_id, sealed) values (gen_random_uuid(),"
        " %s, 'file', now(), %s, '{}', '{}', %s, '\\x00')", [case_id, world.people[DPO].id, world.people[DPO].id], alias="admin")  # fmt: skip
    raw("select wall.rewall(%s)", [case_id], alias="admin")
    number = asked(world, name)
    with world.enter(DPO) as who:
        assert rights.matches(number, name, who, now=now()) == []
        with pytest.raises(NoSuchCase):
            rights.say_it_is_theirs(number, case_id, who, now=now())


def test_saying_twice_that_a_case_is_theirs_is_saying_it_once(world: World):
    name = f"Twice {world.tag}"
    number, cases = linked(world, name)
    with world.enter(DPO) as who:
        rights.say_it_is_theirs(number, cases[0], who, now=now())
        assert set(rights.cases_of(number)) == set(cases)
    told = "select count(*) from duty where case_id = %s and once like 'rights:%%'"
    assert raw(told, [cases[0]], alias="admin") == [(1,)]


def test_only_officers_for_data_protection_of_the_agency_know_of_a_request(world: World):
    number = asked(world)
    for whom in ("data_protection_officer@council", "gateway_supervisor@force", "administrator@force"):
        with world.enter(whom) as who, pytest.raises(NoSuchCase):
            rights.matches(number, "Sami", who, now=now()) or rights.request_of(number)


def neutral(world: World, number: UUID) -> tuple[str, ...]:
    with world.enter(DPO) as who:
        rights_answer.decide(number, keeping_back(world, "neutral"), who, now=now())
    agreed(world, number)
    with world.enter(DPO):
        letter = answer_letter(rights.request_of(number), on=date(2026, 3, 1))
    return (letter.subject, *letter.paragraphs, *letter.elsewhere)


def test_where_not_everything_may_be_told_the_words_are_the_same_whether_something_is_held_or_not(
    world: World,
):
    held, _ = linked(world, f"Umar {world.tag}")
    nothing = asked(world, "Nobody Known Here")
    assert neutral(world, held) == neutral(world, nothing)


def test_every_answer_ends_in_the_neutral_words_so_their_presence_says_nothing(world: World):
    number, _ = linked(world, f"Wasim {world.tag}")
    words = pack().disclosure["neutral"][0]["text"]
    assert words in neutral(world, number)
    with world.enter(DPO) as who:
        rights_answer.decide(number, {"decision": "full", "reason": "All of it."}, who, now=now())
        letter = answer_letter(rights.request_of(number), on=date(2026, 3, 1))
    assert letter.paragraphs[-1] == words


def test_where_nothing_is_held_it_cannot_be_answered_in_other_words(world: World):
    number = asked(world, "Nobody Known Here")
    with world.enter(DPO) as who, pytest.raises(Invalid) as invalid:
        rights_answer.decide(number, {"decision": "full", "reason": "Nothing there."}, who, now=now())
    assert "decision" in invalid.value.errors


def test_what_is_not_told_needs_a_ground_and_a_day_to_look_again(world: World):
    number = asked(world)
    with world.enter(DPO) as who, pytest.raises(Invalid) as invalid:
        rights_answer.decide(number, {"decision": "neutral", "reason": "Because."}, who, now=now())
    assert {"ground", "review_on", "second"} <= set(invalid.value.errors)


def test_an_answered_request_is_answered_once_and_opens_nothing_any_more(world: World):
    number, cases = linked(world, f"Yahya {world.tag}")
    neutral(world, number)
    with world.enter(DPO) as who:
        rights_answer.mark_answered(number, who, now=now())
        with pytest.raises(Invalid):
            rights_answer.decide(number, {"decision": "full", "reason": "Again."}, who, now=now())
        assert rights.matches(number, f"Yahya {world.tag}", who, now=now()) == []
        with pytest.raises(NoSuchCase):
            rights.say_it_is_theirs(number, cases[0], who, now=now())


def test_an_erased_case_is_gone_from_requests_too(world: World):
    number, cases = linked(world, f"Zaki {world.tag}")
    with as_worker():
        erase(cases[0], {"by": None})
    with world.enter(DPO) as who:
        assert rights.cases_of(number) == [cases[1]]
        assert {entry.case_id for entry in entries(number, who)} == {cases[1]}


def test_the_letter_at_a_clean_end_is_plain_and_only_for_those_who_were_told(world: World):
    from tests.casework.test_keeping import ended

    case_id = ended(world)
    with world.enter("gateway_supervisor@force") as who:
        letter = end_letter(case_id, who)
    text = " ".join(letter.paragraphs)
    assert "against you" in text
    assert "{" not in text
    assert all(len(sentence.split()) <= 32 for sentence in text.split(". "))
    going_on = case_at_gateway(world)
    with world.enter("gateway_supervisor@force") as who, pytest.raises(Refused):
        end_letter(going_on, who)


def test_the_machine_door_gives_the_register_to_officers_for_data_protection_alone(world: World):
    from django.test import Client

    from evenhand.gate.entry import open_session

    case_id = case_at_gateway(world)
    world.take(case_id, "gateway_supervisor@force", "share", "shared", shared(world))

    def read(whom: str) -> list[dict[str, str]]:
        token = open_session(world.people[whom].id)
        answered = Client().get("/api/v1/disclosures", HTTP_AUTHORIZATION=f"Bearer {token}")
        assert answered.status_code == 200
        return list(answered.json())

    assert [line["purpose"] for line in read(DPO)] == ["protect"]
    assert read("gateway_supervisor@force") == []
    assert Client().get("/api/v1/disclosures").status_code == 401


def test_an_open_request_stays_on_the_list_however_many_there_are(world: World):
    agency, officer = world.agencies["force"].id, world.people[DPO].id
    insert = (
        "insert into rights_request (id, reference, kind, agency_id, owner_id, received_on, due_on, recorded_at, decision, second_said, sealed, answered_at)"
        " select gen_random_uuid(), left(md5(random()::text), 9), 'access', %s, %s, current_date - 60, current_date + n, now(), '', '', '',"
        " case when %s then now() end from generate_series(1, 505) n"
    )
    for answered in (True, False):
        raw(insert, [agency, officer, answered], alias="admin")
    last = raw("select id from rights_request where agency_id = %s and answered_at is null order by due_on desc limit 1",
               [agency], alias="admin")[0][0]  # fmt: skip
    with world.enter(DPO):
        listed = rights.requests()
    still_open = [asked for asked in listed if asked.answered_at is None]
    assert len(still_open) == 505
    assert still_open[-1].id == last
    assert listed[: len(still_open)] == still_open, "open ones first"
    assert len(listed) - len(still_open) == rights.MOST_ANSWERED
