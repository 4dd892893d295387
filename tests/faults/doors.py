"""Every door there is, found in the tables of addresses themselves, and what each gives back to whoever knocks."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from evenhand.api.urls import api


@dataclass(frozen=True)
class Answer:
    """What a door gave back, with what is random or echoed taken out: words, statements, and what went into the log."""

    door: str
    status: int
    headers: tuple[tuple[str, str], ...]
    body: str
    queries: int
    logged: tuple[str, ...]


# What of a case, or of what hangs on one, an address names by its parts. Whoever adds an address with a part adds a line
# here or below, or the test of all doors fails.
OF_A_CASE: dict[str, dict[str, str]] = {
    "case": {"case_id": "case"},
    "case_print": {"case_id": "case"},
    "case_ground": {"case_id": "case"},
    "case_looks": {"case_id": "case"},
    "case_letter": {"case_id": "case"},
    "case_record": {"case_id": "case"},
    "case_proof": {"case_id": "case", "entry_id": "line"},
    "case_document": {"case_id": "case", "document_id": "document"},
    "step": {"case_id": "case", "step": "step"},
    "break_glass_review": {"number": "glass"},
    "rights_entry": {"number": "request", "entry_id": "evidence"},
}
# These name something that is about no case; their own tests say who may open them.
NOT_ABOUT_A_CASE = {
    "meeting": "its page is looked at before and after a barred case is put on its list",
    "meeting_minutes": "likewise",
    "rights_request": "a request of a person: its page is looked at before and after a barred case is found to be theirs",
    "rights_pack": "what goes into a pack is read through the wall of whoever makes it",
    "rights_letter": "goes by the request and not by what is held",
    "export": "asked for by somebody; what it holds is read through their wall when it is taken",
    "export_take": "likewise",
    "relation_end": "one's own relations",
    "alert_take": "tests/records/test_call_round.py",
    "alert_said": "tests/records/test_call_round.py",
    "alert_write_up": "tests/records/test_call_round.py",
    "administration_person": "people, not cases; the work counted there leaves out what its reader is kept out of",
    "incident": "incidents are about places", "incident_correct": "incidents", "incident_pair": "incidents",
    "unusual_alarm": "counts of incidents", "unusual_series": "counts of incidents",
    "site": "places", "rota": "places", "response": "places", "protect": "places", "protect_one": "places", "warning": "places",
    "journey_of": "the policy", "journey_picture": "the policy", "other_language": "the same for everybody",
    "refer_question": "what oneself is writing",
    "release": "published, the same for everybody", "release_file": "published", "publish_release": "figures, the same for all",
    "publish_file": "figures", "publish_sealed": "figures",
    "ledger_tile": "commitments alone, the same for everybody", "ledger_entries": "commitments alone",
    "invitation": "one's own invitation", "mfa_remove_webauthn": "one's own passkey", "mfa_edit_webauthn": "one's own passkey",
    "account_reset_password_from_key": "one's own letter", "openid_connect_login": "an agency's sign-in",
    "openid_connect_callback": "an agency's sign-in",
}  # fmt: skip
# Lists whose contents are the same for everybody, or the house's own: they change with the record and not with the viewer.
FOR_ALL = frozenset({
    "counts", "releases", "record", "administration_record", "ledger_checkpoint", "ledger_key", "healthz", "readyz", "publish",
    "unusual", "incident_figures", "before_after", "commitments",
})  # fmt: skip
STEPS = ("add_note", "identify", "danger_now", "nonsense")
POSTS: tuple[tuple[str, dict[str, str]], ...] = (
    ("case/{case}/why/", {"ground": "own_work"}),
    ("case/{case}/step/add_note/", {"outcome": "added", "kind": "case", "text": "x", "reason": "x"}),
    ("case/{case}/step/danger_now/", {"outcome": "reported", "what": "x"}),
    ("case/{case}/step/declare_interest/", {"outcome": "declared", "kind": "friend"}),
    ("case/{case}/step/keep_out/", {"outcome": "named", "reason": "x"}),
    ("break-glass/reviews/{glass}/", {"verdict": "in_order", "words": "x"}),
    ("search/", {"asked": "{ref}"}),
    ("search/", {"asked": "{name}"}),
    ("break-glass/", {"reference": "{ref}", "reason": "Somebody is at the gate with a knife.", "known": "yes"}),
)  # fmt: skip


def routes() -> dict[str, tuple[str, ...]]:
    """Return the parts that each page's address names, by the page's name."""
    found: dict[str, tuple[str, ...]] = {}

    def walk(patterns: list[URLPattern | URLResolver]) -> None:
        for pattern in patterns:
            if isinstance(pattern, URLResolver):
                walk(pattern.url_patterns)
            elif pattern.name:
                parts = tuple(set(pattern.pattern.regex.groupindex) | set(pattern.pattern.converters))
                found[pattern.name] = tuple(sorted({*found.get(pattern.name, ()), *parts}))

    walk(list(get_resolver("evenhand.web.urls").url_patterns))
    return found


def lists() -> list[str]:
    """Return the names of all pages whose address names nothing: lists, forms, searches, notices."""
    own = ("account_", "mfa_")  # how oneself signs in
    return sorted(
        n for n, parts in routes().items() if not parts and n not in FOR_ALL and not n.startswith(own)
    )


def plain(text: str, *echoed: str) -> str:
    """Return a body without nonces, times and what was asked for."""
    for word in sorted(echoed, key=len, reverse=True):
        text = text.replace(word, "REF").replace(word.upper(), "REF")
    text = re.sub(r'name="csrfmiddlewaretoken" value="[^"]*"', "", text)
    text = re.sub(r'name="(once|seen)" value="[^"]*"', "", text)
    text = re.sub(r"nonce[-=]\S+", "", text)
    # Whether the worker has lately sealed is the same news for every administrator, whatever they see.
    late = (
        r'[ \t]*<div class="govuk-warning-text" role="status">(?:(?!</div>).)*?seal(?:(?!</div>).)*</div>\n?'
    )
    text = re.sub(late, "", text, flags=re.DOTALL)
    return re.sub(r"\d{1,2}:\d{2}(:\d{2})?( ?[ap]m)?", "", text)


@contextmanager
def _log() -> Iterator[list[logging.LogRecord]]:
    """Collect everything that goes into any log."""
    records: list[logging.LogRecord] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            records.append(record)

    keep, root = Keep(), logging.getLogger()
    # What Django says of each statement is what CaptureQueriesContext counts; the rest is the log.
    names = [logging.getLogger(name) for name in ("", "evenhand", "django.request", "django.security")]
    before = [(logger, logger.level) for logger in names]
    root.addHandler(keep)
    for logger in names:
        logger.setLevel(logging.DEBUG)
    try:
        yield records
    finally:
        root.removeHandler(keep)
        for logger, level in before:
            logger.setLevel(level)


def answer(door: str, knock: Callable[[], Any], *echoed: str) -> Answer:
    """Knock at one door and write down everything that came back."""
    with _log() as records, CaptureQueriesContext(connection) as queries:
        answered = knock()
    left_out = {"Content-Length", "Set-Cookie"}
    headers = tuple((k, plain(v, *echoed)) for k, v in sorted(answered.items()) if k not in left_out)
    body = plain(answered.content.decode(errors="replace"), *echoed)
    logged = tuple(
        plain(record.getMessage(), *echoed) for record in records if record.name.split(".")[0] in {"evenhand", "django"}
        and not record.name.startswith(("django.db", "django.template", "django.utils"))
    )  # fmt: skip
    return Answer(door, answered.status_code, headers, body, len(queries), logged)


def api_doors() -> list[tuple[str, str]]:
    """Return every (method, path) of the machine door, from its own description."""
    prefix = "/api/v1"
    found = api.get_openapi_schema(path_prefix=prefix + "/")["paths"]
    return [(method, path) for path, methods in found.items() for method in methods]


def of_a_case(client: Client, token: str, known: Mapping[str, str]) -> Iterator[Answer]:
    """Knock at every door that can be asked for one case, or for what hangs on it."""
    echoed = tuple(known.values())
    for name, parts in OF_A_CASE.items():
        for step in STEPS if "step" in parts.values() else ("",):
            kwargs = {part: step if what == "step" else known[what] for part, what in parts.items()}
            address = reverse(name, kwargs=kwargs)
            yield answer(f"{name} {step}", lambda address=address: client.get(address), *echoed)  # type: ignore[misc]
    for path, sent in POSTS:
        given = {key: value.format(**known) for key, value in sent.items()}
        address = "/" + path.format(**known)
        yield answer(
            f"POST {path} {','.join(sent.values())[:12]}",
            lambda a=address, g=given: client.post(a, g),
            *echoed,
        )  # type: ignore[misc]
    headers = {"HTTP_AUTHORIZATION": f"Bearer {token}"}
    body = {"outcome": "added", "answers": {"kind": "case", "text": "x"}, "reason": "x", "once": str(uuid4())}
    for method, path in api_doors():
        if "{" not in path:
            continue
        for step in ("add_note", "danger_now", "screen") if "{step}" in path else ("",):
            address = path.format(case_id=known["case"], step=step)
            if method == "get":
                yield answer(
                    f"{method} {path}",
                    lambda a=address: Client().get(a + "?ground=own_work", **headers),
                    *echoed,
                )  # type: ignore[misc]
            else:
                yield answer(
                    f"{method} {path} {step}",
                    lambda a=address: Client().post(
                        a, json.dumps(body), content_type="application/json", **headers
                    ),  # type: ignore[misc]
                    *echoed,
                )


def of_lists(client: Client, token: str, *more: str) -> dict[str, Answer]:
    """Look at every list, form and search that names no case, and at more addresses."""
    found = {}
    for name in lists():
        found[name] = answer(name, lambda name=name: client.get(reverse(name)))  # type: ignore[misc]
    for address in more:
        found[address] = answer(address, lambda address=address: client.get(address))  # type: ignore[misc]
    headers = {"HTTP_AUTHORIZATION": f"Bearer {token}"}
    for method, path in api_doors():
        if "{" not in path and method == "get":
            for query in ("", "?mine=false"):
                found[path + query] = answer(path + query, lambda a=path + query: Client().get(a, **headers))  # type: ignore[misc]
    return found
