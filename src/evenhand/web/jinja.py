"""Set up the templates: where they are found, what they may call, and what every page knows."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date, datetime, time
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.staticfiles import finders
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.dates import MONTHS, WEEKDAYS
from django.utils.translation import get_language, get_language_bidi, gettext, ngettext, npgettext, pgettext
from jinja2 import ChoiceLoader, Environment, PackageLoader, PrefixLoader

from evenhand.operations.sealing.alarms import record_state
from evenhand.web.languages import choices
from evenhand.web.navigation import items
from evenhand.web.single_sign_on import ways

if TYPE_CHECKING:
    from jinja2 import BaseLoader

LONDON = ZoneInfo("Europe/London")


def url(name: str, *args: object, **kwargs: object) -> str:
    """Return the address of the page with this name."""
    return reverse(name, args=args or None, kwargs=kwargs or None)


def url_if_any(name: str, *args: object) -> str:
    """Return the address of the page with this name, or nothing when this instance has no such page."""
    try:
        return reverse(name, args=args or None)
    except NoReverseMatch:
        return ""


@lru_cache(maxsize=256)
def _fingerprint(path: str) -> str:
    found = finders.find(path)
    if not isinstance(found, str):
        return ""
    from hashlib import sha256
    from pathlib import Path

    return sha256(Path(found).read_bytes()).hexdigest()[:12]


def static_file(path: str) -> str:
    """Return the address of a served file, with its fingerprint so that an upgrade is seen at once."""
    mark = _fingerprint(path)
    return f"{static(path)}?v={mark}" if mark else static(path)


def _day(value: date) -> date:
    return value.astimezone(LONDON).date() if isinstance(value, datetime) else value


def show_date(value: date | None, *, weekday: bool = False, year: bool = True) -> str:
    """Write a day as people say it: 1 June 2026. An instant is taken as the day it is in London."""
    if value is None:
        return ""
    day = _day(value)
    text = f"{day.day} {MONTHS[day.month]}"
    if year:
        text += f" {day.year}"
    return f"{WEEKDAYS[day.weekday()]} {text}" if weekday else text


def show_when(value: datetime | None) -> str:
    """Write an instant in London time: 1 June 2026 at 4:05pm."""
    if value is None:
        return ""
    if timezone.is_naive(value):
        raise ValueError("an instant needs its time zone")
    there = value.astimezone(LONDON)
    if there.time() == time():
        return show_date(
            there
        )  # to the microsecond the beginning of a day: a day is meant, of which no more is kept
    if (there.hour, there.minute) == (0, 0):
        clock = gettext("midnight")
    elif (there.hour, there.minute) == (12, 0):
        clock = gettext("midday")
    else:
        half = "am" if there.hour < 12 else "pm"
        minutes = f":{there.minute:02d}" if there.minute else ""
        clock = f"{there.hour % 12 or 12}{minutes}{half}"
    return gettext("%(day)s at %(clock)s") % {"day": show_date(there), "clock": clock}


def plural(count: int, one: str, many: str | None = None) -> str:
    """Write a number with its noun: 1 day, 2 days."""
    return f"{count:,} {ngettext(one, many or one + 's', count)}"


def sentence_list(parts: Iterable[object], last: str | None = None) -> str:
    """Join words as a sentence does: a, b and c."""
    words = [str(part) for part in parts]
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last or gettext('and')} {words[-1]}"


def unmoved(text: str, *_width: object, **_more: object) -> str:
    """Leave markup where it stands: laying it out would move the lines that somebody typed into a textarea."""
    return text


def as_json(value: object) -> str:
    """Write a structure for a script to read out of an attribute."""
    return json.dumps(value, default=dict)


def environment(**options: Any) -> Environment:
    """Return the template environment: ours first, then the GOV.UK macros under `govuk_frontend_jinja/`."""
    own: BaseLoader = options.pop("loader")
    govuk = PrefixLoader({"govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja")})
    options["loader"] = ChoiceLoader([own, govuk])
    options["autoescape"] = True
    options.setdefault("trim_blocks", True)
    options.setdefault("lstrip_blocks", True)
    made = Environment(extensions=["jinja2.ext.i18n"], **options)  # noqa: S701 - autoescape is set above
    made.install_gettext_callables(  # type: ignore[attr-defined] # added by the extension
        gettext, ngettext, newstyle=True, pgettext=pgettext, npgettext=npgettext
    )
    made.globals.update(
        url=url,
        single_sign_on=ways,
        url_if_any=url_if_any,
        static=static_file,
        plural=plural,
        record_state=record_state,
    )
    made.filters.update(
        as_json=as_json, date=show_date, when=show_when, sentence_list=sentence_list, indent=unmoved
    )
    return made


def page_context(request: HttpRequest) -> dict[str, Any]:
    """Return what every page knows: who is signed in, where they may go, and in which language. Asks no database."""
    who = getattr(request, "who", None)
    return {
        "who": who,
        "demo": bool(getattr(settings, "DEMO", False)),
        "language": get_language() or "en",
        "direction": "rtl" if get_language_bidi() else "ltr",
        "languages": choices(request),
        "navigation": items(who, request.path),
        "here": request.get_full_path(),
    }
