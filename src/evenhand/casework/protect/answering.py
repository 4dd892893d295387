"""Write the answer to a rise: who leads it, its impact assessment, the week's tension, and what is promised."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Max

from evenhand.casework.protect.acting import Doing, Done
from evenhand.gate import keys
from evenhand.gate.act import Invalid
from evenhand.records.response import Commitment, CommitmentStep, ImpactAssessment, Response, TensionSummary


def respond(doing: Doing) -> Done:
    """An answer is under way, with an owner."""
    a = doing.answers
    keys.make_key(doing.number)
    row = Response(
        **doing.common(a["area"]),
        episode_id=a.get("episode"),
        trigger_id=a.get("trigger"),
        owner_id=a["owner"],
        began_on=doing.today,
        sealed=doing.seal(doing.number, "title"),
    )
    Response.objects.bulk_create([row])
    return Done(doing.number, "response", doing.number)


def hand(doing: Doing) -> Done:
    """Somebody else owns the answer."""
    response = doing.target
    Response.objects.filter(id=response.id).update(owner_id=doing.answers["owner"])
    return Done(response.id, "response", response.id)


def end(doing: Doing) -> Done:
    """The answer has ended, and says what was learnt."""
    response = doing.target
    if response.ended_on is not None:
        raise Invalid({"": "This answer has ended already."})
    Response.objects.filter(id=response.id).update(
        ended_on=doing.today, sealed_end=doing.seal(response.id, "learnt")
    )
    return Done(response.id, "response", response.id)


def assess_impact(doing: Doing) -> Done:
    """A new version of the assessment is on record; the earlier ones stay."""
    a, response = doing.answers, doing.target
    if response.ended_on is not None:
        raise Invalid({"": "This answer has ended. Begin another if the matter goes on."})
    last = ImpactAssessment.objects.filter(response_id=response.id).aggregate(n=Max("version"))["n"] or 0
    row = ImpactAssessment(
        **doing.common(),
        response_id=response.id,
        version=last + 1,
        level=a["level"],
        review_on=doing.day("review_on"),
        sealed=doing.seal(
            response.id, "happened", "communities", "experienced", "evidenced", "potential", "actions"
        ),
    )
    ImpactAssessment.objects.bulk_create([row])
    return Done(doing.number, "response", response.id)


def summarise_tension(doing: Doing) -> Done:
    """The week's summary of an area is on record; a later one of the same week corrects it."""
    a = doing.answers
    day = doing.day("week")
    week = day - timedelta(days=day.weekday())
    earlier = TensionSummary.objects.filter(area_id=a["area"], week_begins=week).aggregate(n=Max("version"))
    row = TensionSummary(
        **doing.common(a["area"]),
        week_begins=week,
        version=(earlier["n"] or 0) + 1,
        level=a["level"],
        sealed=doing.seal(keys.HOUSE_KEY, "experienced", "evidenced", "potential", "done"),
    )
    keys.make_key(keys.HOUSE_KEY)
    TensionSummary.objects.bulk_create([row])
    return Done(doing.number, "tension", None)


def promise(doing: Doing) -> Done:
    """A promise stands in writing: what, by whom, by when."""
    a = doing.answers
    row = Commitment(
        **doing.common(a["area"]),
        response_id=a.get("response"),
        what=a["what"],
        by_whom=a["by_whom"],
        due_on=doing.day("due_on"),
        made_on=doing.today,
        public=bool(a["public"]),
    )
    Commitment.objects.bulk_create([row])
    return Done(doing.number, "promises", None)


def step_promise(doing: Doing) -> Done:
    """What became of a promise is on record, and where it is public anybody reads it."""
    a, commitment = doing.answers, doing.target
    if a["state"] == "put_off" and not a.get("due_on"):
        raise Invalid({"due_on": "Give the new day."})
    row = CommitmentStep(
        **doing.common(),
        commitment_id=commitment.id,
        state=a["state"],
        on_day=doing.day("on_day"),
        words=a["words"],
        due_on=doing.day_if_any("due_on") if a["state"] == "put_off" else None,
    )
    CommitmentStep.objects.bulk_create([row])
    return Done(doing.number, "promises", None)
