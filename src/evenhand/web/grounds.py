"""Remember for the day why somebody opens a case, so that each case is asked about once."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone

from evenhand.casework.case_file import GROUNDS

KEY = "grounds"
MOST_WORDS = 200
MOST_KEPT = 200


def ground_today(request: HttpRequest, case_id: UUID) -> str | None:
    """Return the reason given today for opening this case, or nothing when none was asked yet."""
    day, kept = _kept(request)
    return kept.get(str(case_id)) if day == _today() else None


def keep_ground(request: HttpRequest, case_id: UUID, ground: str, words: str) -> None:
    """Keep a reason from the list, with words where somebody adds them, for the rest of the day."""
    chosen = ground if ground in GROUNDS else GROUNDS[0]
    said = " ".join(words.split())[:MOST_WORDS]
    day, kept = _kept(request)
    if day != _today():
        kept = {}
    kept = dict(list(kept.items())[-MOST_KEPT:])
    kept[str(case_id)] = f"{chosen}: {said}" if said else chosen
    request.session[KEY] = [_today(), kept]


def _kept(request: HttpRequest) -> tuple[str, dict[str, str]]:
    day, kept = request.session.get(KEY, ["", {}])
    return str(day), dict(kept)


def _today() -> str:
    return timezone.localdate().isoformat()
