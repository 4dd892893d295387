"""Act on a statistical release: ask for it, sign it, move its hour, drop it, and look at its sealed cells by twos."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.db import DatabaseError, transaction

from evenhand.gate import ledger
from evenhand.gate.act import Invalid, NoSuchCase, Refused
from evenhand.gate.entry import Who
from evenhand.kernels.policy import Reason
from evenhand.records.release import SealedLook, StatisticalRelease

ANALYST, APPROVER = "analyst", "release_approver"
MOST_REASON = 500
LOOK_HOURS = 8
UNDER_WAY = ("asked", "building", "waiting")
MAKING = ("asked", "building")


def ask(who: Who, *, plan: str, title: str, pack: str, reason: str, now: datetime) -> UUID:
    """A release is asked for; the house builds it. A plan that was signed before gets a further edition."""
    _only(who, ANALYST, "Only an analyst asks for a release.")
    why = _reason(reason)
    rows = list(StatisticalRelease.objects.filter(plan=plan).values_list("state", "opens_at"))
    if any(state in UNDER_WAY for state, _ in rows):
        raise _refused("under_way", "This release is being made already: sign it or drop it first.")
    if any(state == "signed" and opens is not None and opens > now for state, opens in rows):
        raise _refused("embargoed", "The last edition has not reached its hour yet: drop it or wait.")
    edition = 1 + sum(state == "signed" for state, _ in rows)
    number = uuid4()
    with _explained():
        StatisticalRelease.objects.bulk_create(
            [
                StatisticalRelease(
                    id=number,
                    code=plan if edition == 1 else f"{plan}-r{edition}",
                    plan=plan,
                    edition=edition,
                    title=title,
                    pack=pack,
                    asked_by=who.practitioner_id,
                    asked_at=now,
                    reason=why,
                )
            ]
        )
        _on_record(who, "ask_release", now, f"{plan} edition {edition}: {why}")
    return number


def sign(
    who: Who, number: UUID, *, opens_at: datetime | None, files_hash: str, reason: str, now: datetime
) -> None:
    """A second person signs what they looked at; the release opens at its hour, or now.

    files_hash   of the files that were on the page: another build in the meantime is not signed unseen
    raises       Refused, when the asker signs, or the files are others
    """
    _only(who, APPROVER, "Only a release approver signs a release.")
    why = _reason(reason)
    row = _row(number)
    if row.asked_by == who.practitioner_id:
        raise _refused("four_eyes", "Whoever asked for a release does not sign it: ask a second person.")
    if row.state != "waiting":
        raise _refused("state", "This release does not wait for a sign-off.")
    if row.files_hash != files_hash:
        raise _refused("changed", "The release has been built again since you looked: look at it again.")
    if opens_at is not None and opens_at < now - timedelta(minutes=1):
        raise Invalid({"opens_at": "Give an hour that is still to come, or leave it empty to open it now."})
    with _explained():
        StatisticalRelease.objects.filter(id=number).update(
            state="signed",
            signed_by=who.practitioner_id,
            signed_at=now,
            sign_reason=why,
            opens_at=opens_at or now,
        )
        _on_record(
            who, "sign_release", now, f"{row.code} {files_hash} opens {(opens_at or now).isoformat()}: {why}"
        )


def move_hour(who: Who, number: UUID, *, opens_at: datetime | None, reason: str, now: datetime) -> None:
    """The hour of a signed release moves, as long as it has not come."""
    _only(who, APPROVER, "Only a release approver moves the hour.")
    why = _reason(reason)
    row = _row(number)
    if row.state != "signed" or row.opens_at is None:
        raise _refused("state", "Only a signed release has an hour.")
    if row.opens_at <= now:
        raise _refused("open", "The hour has come: what is published does not change. Build a new edition.")
    if opens_at is None or opens_at < now:
        raise Invalid({"opens_at": "Give an hour that is still to come."})
    with _explained():
        StatisticalRelease.objects.filter(id=number).update(opens_at=opens_at)
        _on_record(who, "move_release", now, f"{row.code} opens {opens_at.isoformat()}: {why}")


def drop(who: Who, number: UUID, *, reason: str, now: datetime) -> None:
    """A release that is not open yet is dropped."""
    if not who.roles & {ANALYST, APPROVER}:
        raise _refused("role", "Only an analyst or a release approver drops a release.")
    why = _reason(reason)
    row = _row(number)
    if row.state == "signed" and row.opens_at is not None and row.opens_at <= now:
        raise _refused("open", "The hour has come: what is published does not change. Build a new edition.")
    if row.state == "signed" and APPROVER not in who.roles:
        raise _refused("role", "Only a release approver drops a signed release.")
    if row.state == "dropped":
        return
    with _explained():
        StatisticalRelease.objects.filter(id=number).update(state="dropped")
        _on_record(who, "drop_release", now, f"{row.code}: {why}")


def ask_look(who: Who, number: UUID, *, reason: str, now: datetime) -> UUID:
    """An analyst asks to see the sealed cells of a release."""
    _only(who, ANALYST, "Only an analyst asks to see sealed cells.")
    why = _reason(reason)
    row = _row(number)
    look = uuid4()
    with _explained():
        SealedLook.objects.bulk_create(
            [SealedLook(id=look, release_id=number, asked_by=who.practitioner_id, asked_at=now, reason=why)]
        )
        _on_record(who, "ask_sealed_cells", now, f"{row.code}: {why}")
    return look


def agree_look(who: Who, look: UUID, *, now: datetime) -> None:
    """A second person agrees: the asker sees the sealed cells for some hours, and nobody else does."""
    _only(who, APPROVER, "Only a release approver agrees to that.")
    row = SealedLook.objects.filter(id=look).first()
    if row is None:
        raise NoSuchCase
    if row.asked_by == who.practitioner_id:
        raise _refused("four_eyes", "Whoever asked does not agree: ask a second person.")
    if row.agreed_by is not None:
        return
    with _explained():
        SealedLook.objects.filter(id=look).update(
            agreed_by=who.practitioner_id, until=now + timedelta(hours=LOOK_HOURS)
        )
        _on_record(who, "agree_sealed_cells", now, f"{row.release_id} for {row.asked_by}")


def looked(who: Who, number: UUID, *, now: datetime) -> None:
    """That somebody looked at sealed cells stands in the record."""
    _on_record(who, "look_at_sealed_cells", now, str(number))


def _row(number: UUID) -> StatisticalRelease:
    row = StatisticalRelease.objects.filter(id=number).first()
    if row is None:
        raise NoSuchCase
    return row


def _only(who: Who, role: str, sentence: str) -> None:
    if role not in who.roles:
        raise _refused("role", sentence)


def _reason(text: str) -> str:
    plain = " ".join(text.split())
    if not plain:
        raise Invalid({"reason": "Say why, in a sentence."})
    if len(plain) > MOST_REASON:
        raise Invalid({"reason": f"Shorten this to {MOST_REASON} characters or fewer."})
    return plain


def _refused(code: str, sentence: str) -> Refused:
    return Refused((Reason(code, sentence, ""),))


@contextmanager
def _explained() -> Iterator[None]:
    try:
        with transaction.atomic():
            yield
    except DatabaseError as error:
        state = getattr(error.__cause__, "sqlstate", "")
        if state == "42501":
            raise _refused("wall", "This cannot be done to the release as it stands now.") from error
        if state == "23505":
            raise _refused("under_way", "This release is being made already.") from error
        raise


def _on_record(who: Who, verb: str, at: datetime, detail: str) -> None:
    ledger.write(None, [ledger.entry(actor=who.practitioner_id, verb=verb, case="", at=at, detail=detail)])
