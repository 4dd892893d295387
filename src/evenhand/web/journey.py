"""Show how a case goes: the journey as a picture and as a table, each step with its clause."""

from __future__ import annotations

from functools import cache

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from evenhand.gate.policy import pack
from evenhand.kernels.policy import START, Journey, clock_words, draw_svg, holding_words
from evenhand.web.entry import signed_in
from evenhand.web.page import render
from evenhand.web.wording import Wording


def _chosen(code: str) -> Journey:
    found = pack().journeys
    if not code:
        return found.get("channel") or next(iter(found.values()))
    if code not in found:
        raise Http404
    return found[code]


@require_safe
@signed_in
def show(request: HttpRequest, code: str = "") -> HttpResponseBase:
    """One journey: its places in order, and the steps that lead from each."""
    journey, own = _chosen(code), pack()
    say = Wording(own).say
    starting = [step for step in journey.steps.values() if START in step.places]
    places = [
        {
            "label": say(place.label),
            "explain": say(place.explain),
            "owner": holding_words(own, place.owner),
            "final": place.final,
            "steps": [
                _step(journey, step.code)
                for step in journey.steps_from(place.code)
                if place.code in step.places
            ],
        }
        for place in journey.places.values()
    ]
    shared = [
        s for s in journey.steps.values() if not set(s.places) & set(journey.places) and START not in s.places
    ]
    context = {
        "journey": journey,
        "journeys": list(own.journeys.values()),
        "own": own,
        "say": say,
        "starting": [_step(journey, s.code) for s in starting],
        "places": places,
        "anywhere": [_step(journey, s.code) for s in shared],
        "clocks": [(say(c.label), clock_words(c)) for c in own.clocks.values()],
    }
    return render(request, "journey/show.html", context)


def _step(journey: Journey, code: str) -> dict[str, object]:
    step, own = journey.steps[code], pack()
    words = Wording(own).say
    return {
        "label": words(step.label),
        "who": [holding_words(own, holding) for holding in step.who],
        "clause": step.clause,
        "outcomes": [
            words(o.label) + (f" → {words(journey.places[o.to].label)}" if o.to in journey.places else "")
            for o in step.outcomes.values()
        ],
        "requires": list(dict.fromkeys(c.sentence for c in step.requires)),
    }


@require_safe
@signed_in
def picture(request: HttpRequest, code: str) -> HttpResponseBase:
    """The picture of a journey, drawn from the policy."""
    response = HttpResponse(_drawn(_chosen(code).code), content_type="image/svg+xml")
    response["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    return response


@cache
def _drawn(code: str) -> str:
    return draw_svg(pack().journeys[code])
