"""Say in words what of a case is held or set apart, what others were told of it, and who heard what became of that."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from evenhand.casework.case_file import CaseFile, Item
from evenhand.web.jinja import show_date


def set_apart_now(file: CaseFile) -> list[Item]:
    """Return what of the case is held or set apart."""
    return [item for item in file.of("restriction") if not item.columns.get("lifted_at")]


def apart_words(file: CaseFile, item: Item) -> str:
    """Return a hold or restriction in one line: what for, of what, by whom and since when."""
    held = item.columns["kind"] == "hold"
    lists = file.standing.pack.lists
    found = lists.get("hold_causes" if held else "restriction_causes")
    known = found.codes.get(str(item.columns["cause"])) if found else None
    material = " ".join(str(item.contents.get("material", "")).split())
    said = _("%(kind)s: %(cause)s. %(material)s (%(extent)s, since %(day)s, by %(name)s)") % {
        "kind": _("Held") if held else _("Set apart"),
        "cause": known.label if known else item.columns["cause"],
        "material": f"{material[:110]}{'…' if len(material) > 110 else ''}",
        "extent": _("some entries") if item.columns.get("entries") else _("the whole case"),
        "day": show_date(item.recorded_at),
        "name": item.recorded_by,
    }
    return said


def told_words(file: CaseFile, item: Item) -> str:
    """Return one thing that another agency was told in one line."""
    what = " ".join(str(item.contents.get("what", "")).split())
    agency = file.told_agencies.get(str(item.columns.get("agency_id")), "")
    return f"{agency}, {show_date(item.recorded_at)}: {what[:110]}{'…' if len(what) > 110 else ''}"


@dataclass(frozen=True)
class Heard:
    """An agency that has heard what became of something it had been told."""

    agency: str
    on: datetime
    what: str


def heard(file: CaseFile) -> list[Heard]:
    """Return which agencies have heard what became of something that they had been told, in that order."""
    words = {
        "corrected": _("that it was corrected"),
        "set_apart": _("that it is set apart"),
        "back": _("that it may be used again"),
    }
    return [
        Heard(
            file.told_agencies.get(str(item.columns["agency_id"]), ""),
            item.recorded_at,
            words.get(str(item.columns["what"]), ""),
        )
        for item in file.of("recipient_notice")
    ]
