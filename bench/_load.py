"""Load a partnership of 20 agencies and 600 users with any number of cases by COPY, in the shape that acts would leave."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import time
from datetime import UTC, datetime, timedelta
from uuid import UUID

CHUNK = 20_000
COUNCILS, FORCES, OTHERS = 12, 4, 4
USERS = 600
# Where cases stand after some years: most have ended.
PLACES = {
    "not_proceeding": 62.0, "closed": 15.0, "following_up": 4.0, "received": 1.5, "gateway": 3.0, "gathering": 3.0,
    "section_36": 1.0, "awaiting_panel": 3.0, "awaiting_consent": 1.0, "awaiting_plan": 0.7, "supported": 5.0,
    "after_refusal": 0.5, "police_led": 0.3,
}  # fmt: skip
ROAD = (
    ("refer", "refer", "received", "", "received"), ("deconflict", "deconflict", "proceed", "received", "received"),
    ("screen", "screen", "proceed", "received", "gateway"), ("identify", "identify", "new_person", "gateway", "gateway"),
    ("add_evidence", "note", "added", "gateway", "gateway"), ("assess", "assess", "recorded", "gateway", "gateway"),
    ("tell_person", "tell", "told", "gateway", "gateway"), ("decide_gateway", "decide", "clear", "gateway", "section_36"),
    ("decide_section_36", "decide", "refer_to_panel", "section_36", "awaiting_panel"),
)  # fmt: skip
FORCE_ROLES = ("gateway_officer", "gateway_supervisor", "case_officer", "deconfliction_officer", "panel_member",
               "duty_officer", "data_protection_officer", "analyst")  # fmt: skip
COUNCIL_ROLES = ("panel_chair", "panel_coordinator", "panel_member", "social_care_lead", "duty_officer",
                 "data_protection_officer")  # fmt: skip


class Loader:
    """Makes the partnership through the models, and the cases as lines for COPY."""

    def __init__(self, connection, conninfo: str, cases: int) -> None:
        from evenhand.gate.policy import pack

        self.connection = connection
        self.conninfo = conninfo
        self.cases = cases
        self.rng = random.Random(cases)
        self.pack = pack()
        self.journey = self.pack.journeys["channel"]
        self.now = datetime.now(UTC)
        self.agency: dict[str, UUID] = {}
        self.people: dict[tuple[str, str], list[UUID]] = {}
        self.group: dict[tuple[str, str], int] = {}
        self.personal: dict[UUID, int] = {}
        self.given = [f"G{chr(97 + a)}{chr(97 + b)}" for a in range(26) for b in range(26)]
        self.family = [f"{a}{b}{c}" for a in ("bar", "cal", "dun", "eck", "fen", "gor", "hal", "ing", "kes", "lor", "mar", "nor", "oak")
                       for b in ("ba", "de", "fi", "go", "lu", "ma", "ne", "ro", "sa", "ti") for c in ("ck", "ford", "ley", "mer", "ston", "wick")]  # fmt: skip

    # ------------------------------------------------------------------ the partnership

    def partnership(self) -> None:
        """Make agencies, areas, people and roles, and give each viewer of the measurement theirs."""
        from django.db import transaction

        from evenhand.records.agency import Agency, Area
        from evenhand.records.practitioner import AudienceGroup, Practitioner, RoleHolding

        kinds = [(f"force{n}", "police") for n in range(FORCES)] + [
            (f"council{n}", "council") for n in range(COUNCILS)
        ]
        kinds += [(f"other{n}", "school") for n in range(OTHERS)]
        with transaction.atomic(using="admin"):
            for code, kind in kinds:
                self.agency[code] = (
                    Agency.objects.using("admin").create(code=code, name=code.title(), kind=kind).id
                )
            for n in range(COUNCILS):
                Area.objects.using("admin").create(code=f"area{n}", label=f"Area {n}", answers_id=self.agency[f"council{n}"],
                                                   force_id=self.agency[f"force{n % FORCES}"])  # fmt: skip
            made = 0
            while made < USERS - 3:
                code, kind = kinds[made % len(kinds)]
                roles = {"police": FORCE_ROLES, "council": COUNCIL_ROLES}.get(kind, ("safeguarding_lead",))
                role = roles[(made // len(kinds)) % len(roles)]
                self._person(Practitioner, RoleHolding, code, [(role, code)])
                made += 1
            every = [
                (role, f"force{n}")
                for n in range(FORCES)
                for role in (*FORCE_ROLES[:4], "data_protection_officer")
            ]
            self.all_seeing = self._person(Practitioner, RoleHolding, "force0", every)
            self.some_seeing = self._person(
                Practitioner, RoleHolding, "council0", [("panel_coordinator", "council0")]
            )
            self.empty_handed = self._person(Practitioner, RoleHolding, "other0", [("analyst", "force0")])
        names = {number: code for code, number in self.agency.items()}
        for row in AudienceGroup.objects.using("admin").all():
            if row.practitioner_id:
                self.personal[row.practitioner_id] = row.id
            else:
                self.group[row.role, names[row.agency_id]] = row.id

    def _person(self, practitioner, holding, code: str, roles: list[tuple[str, str]]) -> UUID:
        from datetime import date

        made = practitioner.objects.using("admin").create(
            name=f"Person {len(self.people)} {code}", agency_id=self.agency[code]
        )
        for role, at in roles:
            holding.objects.using("admin").create(
                practitioner=made, role=role, agency_id=self.agency[at], from_date=date(2015, 1, 1)
            )
            self.people.setdefault((role, at), []).append(made.id)
        return made.id

    # ------------------------------------------------------------------ the cases

    def load(self) -> dict[str, float]:
        """Load all cases; returns how long that took."""
        began = time.monotonic()
        forks = multiprocessing.get_context("fork")
        at_once = max(1, min((os.cpu_count() or 2) - 1, self.cases // CHUNK))
        children = [forks.Process(target=self._share, args=(n, at_once)) for n in range(at_once)]
        for child in children:
            child.start()
        for child in children:
            child.join()
        if any(child.exitcode for child in children):
            raise SystemExit("loading ended early: remove this instance's folder")
        copied = time.monotonic()
        with self.connection.cursor() as cursor:
            cursor.execute("vacuum (analyze)")
        return {"copy": copied - began, "vacuum": time.monotonic() - copied}

    def _share(self, n: int, of: int) -> None:
        """Load every `of`th chunk from the `n`th on, in a process with connections of its own."""
        import psycopg

        from evenhand.gate import keys

        keys._store.cache_clear()
        with psycopg.connect(self.conninfo, autocommit=True) as self.connection:
            self.connection.execute("set session_replication_role = replica")
            self.connection.execute("set synchronous_commit = off")
            for first in list(range(0, self.cases, CHUNK))[n::of]:
                self.rng = random.Random(f"{self.cases}:{first}")
                self._chunk(first, min(CHUNK, self.cases - first))

    def _chunk(self, first: int, count: int) -> None:
        from evenhand.gate import keys

        ids = [UUID(_ordered(self.rng, first + n)) for n in range(count)]
        made = keys.store().make_many(ids)
        lines: dict[str, list[str]] = {name: [] for name in TABLES}
        for number, owner in enumerate(ids, first):
            self._case(number, owner, made[owner], lines)
        with self.connection.cursor() as cursor:
            for name, columns in TABLES.items():
                with cursor.copy(f"copy {name} ({columns}) from stdin") as copy:
                    copy.write("".join(lines[name]))

    def _case(self, number: int, whole_id: UUID, key: bytes, lines: dict[str, list[str]]) -> None:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        rng, cipher, place_bytes, case_id = self.rng, AESGCM(key), whole_id.bytes, str(whole_id)
        nonces = os.urandom(12 * 20)
        used = 0

        def seal(contents: bytes) -> str:
            nonlocal used
            nonce = nonces[used : used + 12]
            used += 12
            return "\\\\x" + (b"\x01" + nonce + cipher.encrypt(nonce, contents, place_bytes)).hex()

        council = number % COUNCILS
        at = {"council": f"council{council}", "force": f"force{council % FORCES}"}
        place = rng.choices(list(PLACES), list(PLACES.values()))[0]
        found = self.journey.places[place]
        owner = rng.choice(self.people[found.owner[0], at[found.owner[1]]])
        barred = rng.choice(self.people["panel_member", at["council"]]) if rng.random() < 0.002 else None
        bar = {self.personal[barred]} if barred else set()
        bars = _array(bar)
        aud = {}
        for part in ("file", "support", "reporter", "deconfliction"):
            groups = {
                self.group[role, at[binding]] for role, binding in found.see.get(part, ()) if binding in at
            }
            base = _array(groups)
            if part in {"file", "support"}:
                groups.add(self.personal[owner])
            aud[part] = _array(groups - bar)
            lines["case_part"].append(f"{case_id}\t{part}\t{base}\t{aud[part]}\t{bars}\n")
        live = not found.final
        opened = self.now - timedelta(days=rng.random() * 2200 + 20)
        ended = place in {"not_proceeding", "closed", "following_up"}
        due = self.now + timedelta(days=rng.gauss(6, 12)) if live else None
        person = _ordered(rng, number)
        bindings = json.dumps(
            {"council": [str(self.agency[at["council"]])], "force": [str(self.agency[at["force"]])]},
            separators=(",", ":"),
        )
        stamp = opened.isoformat()
        reference = _reference(number)
        lines["person"].append(f"{person}\n")
        lines["case_file"].append(
            f"{case_id}\t{reference}\tgb-eaw\tchannel\t{self.journey.edition}\t{'0' * 64}\t{place}\t{found.stage}\tarea{council}\t{bindings}\t{owner}\t"
            f"{person}\t{stamp}\t{stamp}\t{stamp}\t{_at(due)}\t{'panel_review' if due else ''}\t{stamp if ended else NULL}\t\tf\t9\t{aud['file']}\t{bars}\n"
        )
        lines["counted_case"].append(
            f"{_ordered(rng, number)}\t{case_id}\tgb-eaw\t{opened.date()}\teducation\tconflicted\t11_15\tarea{council}\tchannel\t{found.stage}\t-1\t\t\n"
        )
        head = f"{case_id}\tfile\t{stamp}\t{owner}\t{aud['file']}\t{bars}"
        names = [f"{rng.choice(self.given)} {rng.choice(self.family).title()}{rng.choice(self.family)}"]
        told = json.dumps(
            {"names": names, "born_on": "2010-05", "address": ["1 Some Street", "Town"]}
        ).encode()
        lines["report"].append(f"{_ordered(rng, number)}\t{head}\tpage\t{stamp}\trefer\t\t\t{seal(REPORT)}\n")
        lines["reporter"].append(
            f"{_ordered(rng, number)}\t{case_id}\treporter\t{stamp}\t{owner}\t{aud['reporter']}\t{bars}\tf\t{NULL}\t{seal(SHORT)}\n"
        )
        if place != "received":
            lines["identity"].append(f"{_ordered(rng, number)}\t{head}\t{person}\t{seal(told)}\tf\n")
            words = {word.casefold() for name in names for word in name.split()}
            agencies = {self.agency[at["force"]]} | (
                {self.agency[at["council"]]} if place in SEEN_BY_COUNCIL else set()
            )
            lines["wall.name_token"] += [
                f"{agency}\t{word}\t{case_id}\n" for agency in agencies for word in words
            ]
        steps = ROAD[
            : 2 if place == "received" else 8 if place in {"not_proceeding", "gateway", "gathering"} else 9
        ]
        for day, (step, verb, outcome, before, after) in enumerate(steps):
            when = (opened + timedelta(days=day)).isoformat()
            lines["decision"].append(
                f"{_ordered(rng, number)}\t{case_id}\tfile\t{when}\t{owner}\t{aud['file']}\t{bars}\t{step}\t{verb}\t{outcome}\t{before}\t{after}\t"
                f"Channel duty guidance\t{when}\t{'0' * 64}\t{'0' * 64}\t{seal(ASSESSED if step == 'assess' else REASON)}\t{_ordered(rng, number)}\n"
            )
        lines["evidence"].append(f"{_ordered(rng, number)}\t{head}\tfact\t{NULL}\t{seal(SAID)}\n")
        lines["hold"].append(f"{_ordered(rng, number)}\t{head}\t{NULL}\n")
        lines["deconfliction"].append(
            f"{_ordered(rng, number)}\t{case_id}\tdeconfliction\t{stamp}\t{owner}\t{aud['deconfliction']}\t{bars}\tproceed\t{seal(SHORT)}\n"
        )
        lines["telling"].append(
            f"{_ordered(rng, number)}\t{head}\tt\t{NULL}\t{NULL}\t{NULL}\t{seal(SHORT)}\n"
        )
        for code, stopped in (("screening", True), ("gateway_assessment", True), ("panel_review", not live)):
            until = due if code == "panel_review" and due else opened + timedelta(days=5)
            lines["clock"].append(
                f"{_ordered(rng, number)}\t{head}\t{code}\t5\tworking_days\tlocal\tLocal default\t{stamp}\t{until.isoformat()}\t[]\t{stamp if stopped else NULL}\n"
            )
        if live and due and not ended:
            groups = [*aud["file"][1:-1].split(","), str(self.personal[owner])]
            lines["wall.worklist"] += [
                f"{g}\t{due.isoformat()}\t{case_id}\n" for g in dict.fromkeys(groups) if g
            ]
        if barred:
            lines["wall.case_bar"].append(f"{self.personal[barred]}\t{case_id}\n")


NULL = "\\N"
HEAD = "id, case_id, part, recorded_at, recorded_by, aud, bar"
TABLES = {
    "person": "id",
    "case_file": "id, reference, pack, journey, edition, shape_hash, place, stage, area_id, bindings, owner_id, person_id, opened_at,"
    " changed_at, place_since, due_at, due_for, closed_at, outcome, urgent, version, aud, bar",
    "case_part": "case_id, part, base, aud, bar",
    "counted_case": "id, case_id, pack, referred_on, sector, concern, age_band, area, journey, stage_reached, stage_position, outcome, excluded_from_statistics_reason",
    "report": f"{HEAD}, door, received_at, form, form_version, imported_from, sealed",
    "reporter": f"{HEAD}, anonymous, agency_id, sealed",
    "identity": f"{HEAD}, person_id, sealed, superseded",
    "decision": f"{HEAD}, step, verb, outcome, from_place, to_place, clause, happened_at, shape_hash, lists_hash, sealed, idempotency_key",
    "evidence": f"{HEAD}, kind, about_on, sealed",
    "hold": f"{HEAD}, not_before",
    "deconfliction": f"{HEAD}, result, sealed",
    "telling": f"{HEAD}, told, review_on, owner_id, agreed_by, sealed",
    "clock": f"{HEAD}, code, value, unit, basis, source, started_at, due_at, pauses, stopped_at",
    "wall.worklist": "viewer_group, due_at, case_id",
    "wall.name_token": "agency_id, token, case_id",
    "wall.case_bar": "viewer_group, case_id",
}  # fmt: skip
SEEN_BY_COUNCIL = {
    "awaiting_panel",
    "awaiting_consent",
    "awaiting_plan",
    "supported",
    "after_refusal",
    "closed",
    "following_up",
}
REPORT = json.dumps(
    {
        "what_happened": "Some days ago something was said, and it was said again. " * 6,
        "why_now": "It grew. " * 9,
        "sector": "education",
    }
).encode()
REASON = json.dumps(
    {
        "reason": "As set out in the file, after speaking with whoever knows them best.",
        "answers": {"ground": "one"},
    }
).encode()
ASSESSED = json.dumps(
    {
        "reason": "As set out.",
        "answers": {
            "factors": {
                f"factor_{n}": {"answer": "absent", "confidence": "low", "confidence_reason": "One source."}
                for n in range(12)
            }
        },
    }
).encode()
SAID = json.dumps(
    {
        "what": "The words were said in front of two adults, who wrote them down the same day.",
        "source": "referrer",
    }
).encode()
SHORT = json.dumps({"checked": "Nothing stands in the way."}).encode()


def _ordered(rng: random.Random, number: int) -> str:
    """Return an id that grows as rows are loaded, so that the indexes of millions of rows fill quickly."""
    text = f"{number:08x}{rng.getrandbits(96):024x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def _reference(number: int) -> str:
    """Return the reference of the case with this number; no two are alike."""
    letters, left = "", (number * 7_393_913 + 104_729) % 27**8
    for _ in range(8):
        left, digit = divmod(left, 27)
        letters += "23456789BCDFGHJKMNPQRSTVWXZ"[digit]
    return f"{letters[:4]}-{letters[4:]}"


def _array(groups: set[int]) -> str:
    return "{" + ",".join(map(str, sorted(groups))) + "}"


def _at(moment: datetime | None) -> str:
    return moment.isoformat() if moment else NULL
