"""Write the wall's SQL for the tables there are, so that no table about a case can be forgotten."""

from __future__ import annotations

from pathlib import Path

from django.db import models

from evenhand.records.case_row import PARTS, CaseRow

FOLDER = Path(__file__).parent
PARTNERSHIP = ("agency", "area", "team", "practitioner", "role_holding")
# What a later act may change in a row that is already written; everything else is written once.
CHANGEABLE = {
    "clock": "pauses, due_at, stopped_at",
    "task": "done_at, done_by, owner_id",
    "identity": "superseded",
    "agenda_item": "position, decision_id",
    "person_merge": "undone_by_id",
    "need": "state",
    "action": "state",
    "commission": "ended_on",
    "information_request": "replied_at, withdrawn_at, sealed_reply",
    "onward_referral": "state",
    "access_grant": "revoked_at",
    "telling": "agreed_by",
    "alert": "looked_again_at, looked_again_by",
    "restriction": "lifted_at",
    "erasure_order": "confirmed_by, due_at, stopped_at",
}
# The part of a case that a table belongs to when it is not the file itself.
PART_OF = {
    "reporter": "reporter",
    "deconfliction": "deconfliction",
    "consent": "support",
    "plan": "support",
    "need": "support",
    "action": "support",
    "commission": "support",
    "provider_session": "support",
}


def row_models() -> list[type[CaseRow]]:
    """Return every model of rows about a case."""
    found: list[type[CaseRow]] = []
    queue: list[type[models.Model]] = list(CaseRow.__subclasses__())
    while queue:
        model = queue.pop()
        queue += model.__subclasses__()
        if not model._meta.abstract and not model.__module__.startswith("__fake__"):
            found.append(model)  # type: ignore[arg-type]  # subclasses of CaseRow by construction
    return sorted({m._meta.db_table: m for m in found}.values(), key=lambda m: m._meta.db_table)


# Tables whose rows belong to whichever part the act was about.
OF_ANY_PART = ("clock", "decision", "document", "key_wrap", "task")


def part_of(table: str) -> str:
    """Return the part of a case that rows of this table belong to."""
    return PART_OF.get(table, "file")


def _read(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


def _row_tables(tables: list[str]) -> str:
    cases = "\n".join(
        f"    when '{part}' then array[{', '.join(repr(t) for t in tables if part_of(t) == part or t in OF_ANY_PART)}]"
        for part in PARTS
    )
    own = " ".join(f"when '{t}' then '{part_of(t)}'" for t in tables if t not in OF_ANY_PART)
    return (
        "create or replace function wall.part_of(t text) returns text language sql immutable as $$\n"
        f"  select case t {own} end\n$$;\n"
        "create or replace function wall.row_tables(p text) returns text[] language sql immutable as $$\n"
        f"  select case p\n{cases}\n    else '{{}}'::text[] end\n$$;\n"
    )


def _page(tables: list[str]) -> str:
    return "\n    union all ".join(
        f"select '{t}'::text, to_jsonb(r) - 'aud' - 'bar' from {t} r"  # noqa: S608 - names of our own tables
        " where r.case_id = c and (h or (r.aud && g and not r.bar && g))"
        for t in tables
    )


# Whom the partnership consists of is nobody's business at the public door.
OPEN_AT_THE_DOOR = ("agency", "area")


def _partnership(table: str) -> str:
    known = "(select wall.who()) is not null"
    if table not in OPEN_AT_THE_DOOR:
        known += " and (select wall.who()) <> (select wall.door())"
    # Nobody gives themselves a role, an administrator included.
    theirs = " and practitioner_id <> (select wall.who())" if table == "role_holding" else ""
    return f"""
alter table {table} enable row level security;
alter table {table} force row level security;
create policy see on {table} for select to evenhand_app using ({known});
create policy put on {table} for insert to evenhand_app with check ((select wall.holds('administrator')){theirs});
create policy mend on {table} for update to evenhand_app using ((select wall.holds('administrator')))
  with check ((select wall.holds('administrator')){theirs});
create policy inside on {table} to evenhand_owner using (true) with check (true);
grant select, insert, update on {table} to evenhand_app;
"""


def _meetings(table: str) -> str:
    runs = "wall.calls_at(agency_id)" if table == "meeting" else "wall.runs_meeting(meeting_id)"
    return f"""
alter table {table} enable row level security;
alter table {table} force row level security;
create policy see on {table} for select to evenhand_app using (aud && (select wall.groups()));
create policy put on {table} for insert to evenhand_app with check (aud && (select wall.groups()) and {runs});
create policy mend on {table} for update to evenhand_app using (aud && (select wall.groups()) and {runs}) with check ({runs});
create policy house on {table} to evenhand_worker using ((select wall.is_house())) with check ((select wall.is_house()));
create policy inside on {table} to evenhand_owner using (true) with check (true);
grant select, insert on {table} to evenhand_app;
"""


# What a later act may change in a row about an area; the rest is written once.
AREA_ROWS = {
    "site": "sealed, closed_on",
    "site_contact": "ended_on",
    "site_time": "ended_on",
    "site_weakness": "mended_on",
    "protection_plan": "ended_on",
    "patrol_rota": "agreed_by, agreed_at, withdrawn_at",
    "patrol_visit": "cancelled_at, done_at, done_by, took_place, sealed_done",
    "site_warning": "withdrawn_at",
    "grant_application": "",
    "grant_step": "",
    "response": "owner_id, ended_on, sealed_end",
    "impact_assessment": "",
    "tension_summary": "",
    "commitment": "",
    "commitment_step": "",
    "place_keeping": "",
}


def _area_row(table: str) -> str:
    change = f"grant update ({AREA_ROWS[table]}) on {table} to evenhand_app;\n" if AREA_ROWS[table] else ""
    return _read("area_row.sql").format(table=table) + change


def table_statements(table: str) -> str:
    """Return the wall of one table of rows about a case; a migration that adds a table runs this for it."""
    change = (
        f"grant update ({CHANGEABLE[table]}) on {table} to evenhand_app;\n" if table in CHANGEABLE else ""
    )
    return _read("row_table.sql").format(table=table) + change


def reading_statements(tables: list[str]) -> str:
    """Return the functions that must know every table; a migration that adds a table runs this again."""
    return _row_tables(tables) + _read("case_page.sql").replace("{page_of_rows}", _page(tables))


def statements(tables: list[str]) -> str:
    """Return the whole wall as one script, in the order in which it must run."""
    parts = [
        _read("context.sql"),
        _read("rows.sql"),
        _read("rules.sql"),
        _read("case.sql"),
        _read("audience.sql"),
        _read("worklist.sql"),
        reading_statements(tables),
    ]
    parts += [table_statements(table) for table in tables]
    around = _read("around.sql")
    around = around.replace("{partnership}", "".join(_partnership(t) for t in PARTNERSHIP))
    around = around.replace("{meetings}", "".join(_meetings(t) for t in ("meeting", "seat")))
    parts += [
        _read("names.sql"),
        _read("ledger.sql"),
        _read("sealing.sql"),
        _read("log.sql"),
        _read("hand_over.sql"),
        _read("kept_out.sql"),
        _read("looks.sql"),
        _read("break_glass.sql"),
        around,
        _read("alarm.sql"),
        _read("incident.sql"),
        _read("keeping.sql"),
        _read("publish.sql"),
        _read("own_keys.sql"),
        _read("response.sql")
        .replace("{area_rows}", "".join(_area_row(t) for t in AREA_ROWS))
        .replace("{area_tables}", ", ".join(f"'{t}'" for t in AREA_ROWS)),
        _read("rights.sql"),
        _read("sign_in.sql"),
        _read("grants.sql"),
        _read("keeping_grants.sql"),
    ]
    return "\n".join(parts)
