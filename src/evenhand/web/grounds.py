"""Remember for the day why somebody opens a case, so that each case is asked about once."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone

from evenhand.casework.looks import OWN_WORK, grounds
from evenhand.gate.policy import pack

KEY, PURPOSE_KEY = "grounds", "log_purpose"
MOST_WORDS = 200
MOST_KEPT = 200


def choices() -> dict[str, str]:
    """Return why a case may be opened, code → words."""
    return grounds(pack(), timezone.now())


def ground_today(request: HttpRequest, case_id: UUID) -> tuple[str, str] | None:
    """Return the ground and the words given today for opening this case, or nothing when none was asked yet."""
    day, kept = _kept(request)
    found = kept.get(str(case_id)) if day == _today() else None
    if found is None:
        return None
    code, _, words = found.partition(": ")
    return code, words


def keep_ground(request: HttpRequest, case_id: UUID, ground: str, words: str) -> None:
    """Keep a ground from the list, with words where somebody adds them, for the rest of the day."""
    chosen = ground if ground in choices() else OWN_WORK
    said = " ".join(words.split())[:MOST_WORDS]
    day, kept = _kept(request)
    if day != _today():
        kept = {}
    kept = dict(list(kept.items())[-MOST_KEPT:])
    kept[str(case_id)] = f"{chosen}: {said}" if said else chosen
    request.session[KEY] = [_today(), kept]


def purpose_today(request: HttpRequest) -> tuple[str, str] | None:
    """Return for what purpose, and in which words, the log of looks is read today; nothing when it was not stated yet."""
    day, purpose, words = request.session.get(PURPOSE_KEY, ["", "", ""])
    return (str(purpose), str(words)) if day == _today() and purpose else None


def keep_purpose(request: HttpRequest, purpose: str, words: str) -> None:
    """Keep a stated purpose for the rest of the day."""
    request.session[PURPOSE_KEY] = [_today(), purpose, " ".join(words.split())[:MOST_WORDS]]


def _kept(request: HttpRequest) -> tuple[str, dict[str, str]]:
    day, kept = request.session.get(KEY, ["", {}])
    return str(day), dict(kept)


def _today() -> str:
    return timezone.localdate().isoformat()
