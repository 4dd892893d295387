"""Write what is known and done about a site: itself, contacts, times, weaknesses, plans, visits, applications."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from evenhand.casework.protect.acting import Doing, Done
from evenhand.gate import keys
from evenhand.gate.act import Invalid
from evenhand.gate.policy import pack
from evenhand.records.site import (
    GrantApplication,
    GrantStep,
    PatrolVisit,
    ProtectionPlan,
    Site,
    SiteContact,
    SiteTime,
    SiteWeakness,
)

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
PRIORITIES = ("first", "second", "third")
DAY_MINUTES = 24 * 60


def add_site(doing: Doing) -> Done:
    """A site is known; its name and address lie under its own key."""
    keys.make_key(doing.number)
    a = doing.answers
    row = Site(
        **doing.common(a["area"]),
        kind=a["kind"],
        tradition=a["tradition"],
        sealed=doing.seal(doing.number, "name", "address"),
    )
    Site.objects.bulk_create([row])
    return Done(doing.number, "site", doing.number)


def add_contact(doing: Doing) -> Done:
    """Somebody can be rung about the site."""
    site = doing.target
    if not doing.answers.get("phone") and not doing.answers.get("email"):
        raise Invalid({"phone": "Give a phone number or an email address."})
    row = SiteContact(
        **doing.common(), site_id=site.id, sealed=doing.seal(site.id, "contact", "job", "phone", "email")
    )
    SiteContact.objects.bulk_create([row])
    return Done(doing.number, "site", site.id)


def add_time(doing: Doing) -> Done:
    """A time when people gather is known, with its priority."""
    a, site = doing.answers, doing.target
    needed = {
        "weekly": ("weekday", "Say which day of the week."),
        "festival": ("festival", "Say which festival."),
        "once": ("on_day", "Give the day."),
    }
    code, sentence = needed.get(a["kind"], ("", ""))
    if code and not a.get(code):
        raise Invalid({code: sentence})
    opens, closes = doing.clock("opens"), doing.clock("closes")
    length = (closes.hour - opens.hour) * 60 + closes.minute - opens.minute
    length += DAY_MINUTES if length <= 0 else 0
    if not 1 <= int(a["minutes"]) <= length:
        raise Invalid(
            {"minutes": f"A patrol stays from 1 to {length} minutes: as long as people gather, at most."}
        )
    if not 1 <= int(a["visits"]) <= 10:
        raise Invalid({"visits": "From 1 to 10 visits."})
    kind = a["kind"]
    row = SiteTime(
        **doing.common(),
        site_id=site.id,
        kind=kind,
        weekday=WEEKDAYS.index(a["weekday"]) if kind == "weekly" else None,
        festival=a["festival"] if kind == "festival" else "",
        day_offset=max(0, int(a.get("day_offset") or 1) - 1) if kind == "festival" else 0,
        every_day=bool(a.get("every_day")) if kind == "festival" else False,
        on_day=doing.day("on_day") if kind == "once" else None,
        opens=opens,
        closes=closes,
        minutes=int(a["minutes"]),
        visits=int(a["visits"]),
        priority=PRIORITIES.index(a["priority"]) + 1,
        from_on=doing.today,
        sealed=doing.seal(site.id),
    )
    SiteTime.objects.bulk_create([row])
    return Done(doing.number, "site", site.id)


def add_weakness(doing: Doing) -> Done:
    """What makes the site weak is written down for those who need it."""
    site = doing.target
    row = SiteWeakness(**doing.common(), site_id=site.id, sealed=doing.seal(site.id, "weakness", "advice"))
    SiteWeakness.objects.bulk_create([row])
    return Done(doing.number, "site", site.id)


def make_plan(doing: Doing) -> Done:
    """A plan is in force; the one before it has ended and is kept."""
    a, site = doing.answers, doing.target
    from_on, to_on, review_on = doing.day("from_on"), doing.day("to_on"), doing.day("review_on")
    if to_on < from_on:
        raise Invalid({"to_on": "The plan ends before it begins."})
    ProtectionPlan.objects.filter(site_id=site.id, ended_on=None).update(ended_on=doing.today)
    row = ProtectionPlan(
        **doing.common(),
        site_id=site.id,
        officer_id=a["officer"],
        from_on=from_on,
        to_on=to_on,
        review_on=review_on,
        sealed=doing.seal(site.id, "aims", "measures"),
    )
    ProtectionPlan.objects.bulk_create([row])
    return Done(doing.number, "site", site.id)


def plan_visit(doing: Doing) -> Done:
    """A visit stands in the calendar of the site."""
    a, site = doing.answers, doing.target
    starts_at = datetime.combine(doing.day("on_day"), doing.clock("clock"), ZoneInfo(pack().calendar.zone))
    if not 1 <= int(a["minutes"]) <= DAY_MINUTES:
        raise Invalid({"minutes": "From 1 minute to a day."})
    row = PatrolVisit(
        **doing.common(),
        site_id=site.id,
        kind=a["kind"],
        crew=a["crew"][:60],
        starts_at=starts_at,
        minutes=int(a["minutes"]),
    )
    PatrolVisit.objects.bulk_create([row])
    return Done(doing.number, "site", site.id)


def log_visit(doing: Doing) -> Done:
    """What became of a visit is on record, once."""
    visit = doing.target
    if visit.done_at is not None:
        raise Invalid({"": "This visit is logged already."})
    if visit.starts_at > doing.now:
        raise Invalid({"took_place": "It lies ahead. Log it when it is over."})
    PatrolVisit.objects.filter(id=visit.id, done_at=None).update(
        done_at=doing.now,
        took_place=bool(doing.answers["took_place"]),
        sealed_done=doing.seal(visit.site_id, "words"),
    )
    return Done(visit.id, "site", visit.site_id)


def apply(doing: Doing) -> Done:
    """An application has begun."""
    a, site = doing.answers, doing.target
    row = GrantApplication(**doing.common(), site_id=site.id, scheme=a["scheme"])
    GrantApplication.objects.bulk_create([row])
    step = GrantStep(
        area_id=site.area_id,
        written_by=doing.who.practitioner_id,
        application_id=doing.number,
        state="considered",
        on_day=doing.day("on_day"),
        sealed=doing.seal(site.id, "words"),
    )
    GrantStep.objects.bulk_create([step])
    return Done(doing.number, "site", site.id)


def step_application(doing: Doing) -> Done:
    """How far an application has come is on record."""
    application = doing.target
    row = GrantStep(
        **doing.common(),
        application_id=application.id,
        state=doing.answers["state"],
        on_day=doing.day("on_day"),
        due_on=doing.day_if_any("due_on"),
        sealed=doing.seal(application.site_id, "words"),
    )
    GrantStep.objects.bulk_create([row])
    return Done(doing.number, "site", application.site_id)


def end_entry(doing: Doing) -> Done:
    """A contact, a time or a plan is used no longer; a weakness is mended; it stays on record."""
    row = doing.target
    column = "mended_on" if isinstance(row, SiteWeakness) else "ended_on"
    type(row)._default_manager.filter(id=row.id, **{column: None}).update(**{column: doing.today})
    return Done(row.id, "site", row.site_id)


def cancel_visit(doing: Doing) -> Done:
    """A planned visit will not be made."""
    visit = doing.target
    if visit.done_at is not None:
        raise Invalid({"": "This visit is logged already."})
    if visit.starts_at <= doing.now:
        raise Invalid({"": "This visit has begun. Say whether it took place."})
    PatrolVisit.objects.filter(id=visit.id, cancelled_at=None).update(cancelled_at=doing.now)
    return Done(visit.id, "site", visit.site_id)
