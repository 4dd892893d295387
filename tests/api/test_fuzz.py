"""Whatever is sent to the machine door, by whomever: never a fault of ours, never an answer that the schema does not have."""

from __future__ import annotations

import json
import os
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest
import schemathesis
from django.test import Client
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode

from evenhand.api.urls import api
from evenhand.gate.entry import open_session
from tests.roads import screened
from tests.world import World

# A handful for each operation and role here; `evenhand bench api_fuzz` sends many more.
EXAMPLES = int(os.environ.get("EVENHAND_FUZZ_EXAMPLES", "1"))
SEED = int(os.environ.get("EVENHAND_FUZZ_SEED", "1"))
STRANGERS = ("", "forged")
REACHED: Counter[str] = Counter()


@pytest.fixture(scope="module")
def world(database: None) -> World:
    return World.make()


@pytest.fixture(scope="module")
def real(world: World) -> dict[str, Any]:
    """Cases that are there, so that not every guess ends at a 404."""
    now = datetime.now(UTC)
    received = world.refer(at=now - timedelta(days=3)).case_id
    gateway = world.refer(at=now - timedelta(days=3)).case_id
    screened(world, gateway, at=now - timedelta(days=2))
    return {"cases": [str(received), str(gateway)], "area": world.areas["town"].code}


def roles(world: World) -> list[str]:
    """One person for each role there is, and two who have none."""
    found: dict[str, str] = {}
    for whom in world.people:
        found.setdefault(whom.split("@")[0], whom)
    return [*found.values(), *STRANGERS]


def likely(real: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Values that get further than chance would: real cases, steps and outcomes, with hostile words among them."""
    from evenhand.gate.policy import pack

    steps = {code: list(step.outcomes) for code, step in pack().journeys["channel"].steps.items()}
    words = st.one_of(
        st.text(max_size=40), st.sampled_from(["'; select 1; --", "\0", "\ud800", "{{7*7}}", "../../x", "A" * 5000, "٣", "-0", "1e999"]),
        st.integers(), st.booleans(), st.none(), st.lists(st.text(max_size=5), max_size=3), st.dictionaries(st.text(max_size=5), st.integers(), max_size=2),
    )  # fmt: skip
    return st.fixed_dictionaries(
        {
            "case": st.sampled_from([*real["cases"], str(uuid4())]),
            "step": st.sampled_from(sorted(steps)),
            "outcome": st.sampled_from(sorted({outcome for to in steps.values() for outcome in to})),
            "answers": st.dictionaries(
                st.sampled_from(["reason", "kind", "text", "danger", "what_happened", "why_now", "names", "sector", "born", "concern", "factors"]),
                words, max_size=6,
            ),
            "area": st.sampled_from([real["area"], "nowhere", ""]),
        }
    )  # fmt: skip


def send(
    world: World,
    whom: str,
    method: str,
    path: str,
    query: dict[str, Any],
    body: object,
    content: bytes | None = None,
) -> Any:
    """Send one request as somebody, as bytes that need not be sensible."""
    client = Client(raise_request_exception=False)
    headers = {}
    if whom == "forged":
        headers["HTTP_AUTHORIZATION"] = "Bearer x' or 1=1 --"
    elif whom:
        person = world.people[whom]
        if person.id not in world.tokens:
            world.tokens[person.id] = open_session(person.id)
        headers["HTTP_AUTHORIZATION"] = f"Bearer {world.tokens[person.id]}"
    sent = (
        content
        if content is not None
        else (json.dumps(body).encode("utf-8", "surrogatepass") if body is not None else b"")
    )
    asked = f"{path}?{urlencode(query, doseq=True, errors='replace')}" if query else path
    return client.generic(method.upper(), asked, sent, "application/json", **headers)


def judge(schema: dict[str, Any], method: str, path: str, answer: Any) -> None:
    """Refuse a fault, an undocumented status, and an answer that does not look as described."""
    told = schema["paths"][path][method]["responses"]
    REACHED[f"{method} {path} {answer.status_code}"] += 1
    assert answer.status_code < 500 or answer.status_code == 503, answer.content[:300]
    assert str(answer.status_code) in {str(code) for code in told}, (answer.status_code, answer.content[:300])
    assert answer["Content-Type"].startswith("application/json")
    json.loads(answer.content)
    assert b"Traceback" not in answer.content
    assert b"psycopg" not in answer.content


SCHEMA: dict[str, Any] = json.loads(json.dumps(api.get_openapi_schema(path_prefix="/api/v1/")))
OPERATIONS = [(path, method) for path, methods in SCHEMA["paths"].items() for method in methods]
LOADED = schemathesis.openapi.from_dict(SCHEMA)


@pytest.mark.parametrize(
    ("path", "method"), OPERATIONS, ids=lambda part: str(part).strip("/").replace("/", ".")
)
@pytest.mark.parametrize(
    "mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["as described", "otherwise"]
)
def test_made_up_requests_are_answered_as_described(world, real, path, method, mode):
    operation = LOADED[path][method.upper()]
    strategy = operation.as_strategy(generation_mode=mode)
    people = roles(world)

    @given(case=strategy, whom=st.sampled_from(people))
    @settings(max_examples=EXAMPLES * len(people), deadline=None, database=None, derandomize=SEED == 1,
              phases=[Phase.generate], suppress_health_check=list(HealthCheck))  # fmt: skip
    def fuzz(case: Any, whom: str) -> None:
        body = None if type(case.body).__name__ == "NotSet" else case.body
        content = body if isinstance(body, bytes) else None
        query = dict((case.query or {}).items())
        address = case.formatted_path if not case.formatted_path.startswith("http") else path
        answer = send(world, whom, method, address, query, None if content is not None else body, content)
        if answer.status_code == 404 and b'"message"' not in answer.content:
            return  # the made-up part of the address led to no operation at all
        judge(SCHEMA, method, path, answer)

    fuzz()


def test_requests_that_get_far_are_answered_as_described(world, real):
    people = roles(world)

    @given(
        told=likely(real),
        whom=st.sampled_from(people),
        which=st.sampled_from(OPERATIONS),
        cut=st.integers(0, 40),
    )
    @settings(max_examples=EXAMPLES * 120, deadline=None, database=None, derandomize=SEED == 1,
              phases=[Phase.generate], suppress_health_check=list(HealthCheck))  # fmt: skip
    def fuzz(told: dict[str, Any], whom: str, which: tuple[str, str], cut: int) -> None:
        path, method = which
        address = path.replace("{case_id}", told["case"]).replace("{step}", told["step"])
        body: dict[str, Any] | None = None
        if method == "post":
            body = {"answers": told["answers"], "reason": "Because.", "once": str(uuid4())}
            body |= {"area": told["area"]} if "referrals" in path else {"outcome": told["outcome"]}
        query = (
            {"ground": "my work on this case", "after": told["outcome"], "size": cut}
            if method == "get"
            else {}
        )
        content = None
        if body is not None and cut == 0:
            content = json.dumps(body).encode("utf-8", "surrogatepass")[:-3]
        judge(SCHEMA, method, path, send(world, whom, method, address, query, body, content))

    fuzz()


def test_each_way_in_goes_as_far_as_it_is_described_to_go(world, real):
    """Chance need not have gone past the door, so each operation is also asked by somebody whom it answers."""
    officer, school, stranger = "gateway_officer@force", "safeguarding_lead@school", "forged"
    received = world.refer(at=datetime.now(UTC) - timedelta(days=3)).case_id
    one, acting = "/api/v1/cases/{case_id}", "/api/v1/cases/{case_id}/steps/{step}"
    told = {"danger": "no", "what_happened": "Talk.", "why_now": "Now.", "names": "Sami Example", "sector": "education"}  # fmt: skip
    kind = world.code("note_kinds")
    referral = {"area": real["area"], "answers": told, "once": str(uuid4())}
    note = {"outcome": "added", "answers": {"kind": kind, "text": "x"}, "reason": "Because.", "once": str(uuid4())}  # fmt: skip
    stale = note | {"seen": 0, "once": str(uuid4())}
    ground = {"ground": "my work on this case"}
    for whom, method, path, step, query, body, status in (
        (officer, "get", one, "", ground, None, 200),
        (officer, "get", one, "", {}, None, 422),
        (school, "get", one, "", ground, None, 404),
        ("panel_chair@council", "get", one, "", ground, None, 404),
        (stranger, "get", one, "", ground, None, 401),
        (officer, "post", acting, "add_note", {}, note, 200),
        (officer, "post", acting, "add_note", {}, note, 200),
        (officer, "post", acting, "add_note", {}, stale, 409),
        (officer, "post", acting, "record_panel", {}, note | {"once": str(uuid4())}, 409),
        (officer, "post", acting, "add_note", {}, note | {"answers": {}, "once": str(uuid4())}, 422),
        ("panel_chair@council", "post", acting, "add_note", {}, note | {"once": str(uuid4())}, 404),
        (stranger, "post", acting, "add_note", {}, note, 401),
        (school, "post", "/api/v1/referrals", "", {}, referral, 201),
        (school, "post", "/api/v1/referrals", "", {}, referral | {"answers": {}, "once": str(uuid4())}, 422),
        (stranger, "post", "/api/v1/referrals", "", {}, referral, 401),
        (officer, "get", "/api/v1/worklist", "", {"size": 1}, None, 200),
        (officer, "get", "/api/v1/worklist", "", {"size": 0}, None, 422),
        (stranger, "get", "/api/v1/worklist", "", {}, None, 401),
        (officer, "get", "/api/v1/disclosures", "", {}, None, 200),
        (stranger, "get", "/api/v1/disclosures", "", {}, None, 401),
    ):
        address = path.replace("{case_id}", str(received)).replace("{step}", step)
        answer = send(world, whom, method, address, query, body)
        judge(SCHEMA, method, path, answer)
        assert answer.status_code == status, (whom, method, path, step, answer.content[:300])


def test_every_other_method_is_refused_in_a_documented_way(world):
    for path, methods in SCHEMA["paths"].items():
        for method in {"get", "post", "put", "patch", "delete", "options", "trace"} - set(methods):
            address = path.replace("{case_id}", str(uuid4())).replace("{step}", "screen")
            answer = send(world, "gateway_officer@force", method, address, {}, None)
            assert answer.status_code == 405, (method, path, answer.status_code)


@pytest.fixture(scope="module", autouse=True)
def told():
    """Say what was reached, for the long run."""
    yield
    if file := os.environ.get("EVENHAND_FUZZ_TOLD"):
        Path(file).write_text(json.dumps(REACHED), encoding="ascii")
