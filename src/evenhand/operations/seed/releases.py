"""Publish a release of the demo's past, and ask for the next: one to read, one that waits for a second person."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from evenhand.gate import publish
from evenhand.gate.demo import as_worker
from evenhand.gate.entry import close_session, enter, now, open_session
from evenhand.gate.policy import pack
from evenhand.operations.seed.partnership import Partnership
from evenhand.oversight.publish import read
from evenhand.oversight.publish.job import build_next
from evenhand.oversight.publish.period import Period
from evenhand.oversight.publish.plan import kinds

ANALYST, APPROVER = "analyst@example.org", "approver@example.org"


def publish_past(who: Partnership, today: date) -> str:
    """Publish the year before the last whole one and ask for the last; returns one line on what there is."""
    annual = next((k for k in kinds(pack()) if k["code"] == "annual" and "counts" in k), None)
    if annual is None:
        return "this pack publishes no yearly release"
    ends_month = int(str(annual["year_ends"]).split("-")[0])
    last = today.year if Period(today.year, None, ends_month).ends < today else today.year - 1
    first = ask(who.accounts[ANALYST], f"annual-{last - 1}", "The year is over.")
    with as_worker():
        build_next()
    signed = sign(who.accounts[APPROVER], first)
    ask(who.accounts[ANALYST], f"annual-{last}", "The year is over.")
    return f"annual-{last - 1} is {'published' if signed else 'not built'}; annual-{last} waits to be built"


def ask(analyst: UUID, plan: str, reason: str) -> UUID:
    """An analyst asks for a release."""
    token = open_session(analyst)
    try:
        with enter(token) as somebody:
            return publish.ask(somebody, plan=plan, title=plan, pack=pack().code, reason=reason, now=now())
    finally:
        close_session(token)


def sign(approver: UUID, number: UUID) -> bool:
    """A second person signs what was built; returns whether there was anything to sign."""
    token = open_session(approver)
    try:
        with enter(token) as somebody:
            line = read.release(number)
            if line.state != "waiting":
                return False
            publish.sign(
                somebody,
                number,
                opens_at=None,
                files_hash=line.files_hash,
                reason="The account and the tables are as they should be.",
                now=now(),
            )
            return True
    finally:
        close_session(token)
