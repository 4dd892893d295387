"""Take the wall away from a loaded instance, so that the same pages can be measured on the same rows without it.

What goes: row security (the application's role gets BYPASSRLS), the seal on the context and its check, who sees a
case or a part, bars, and the copying of audiences to rows and lists. What stays is what any casework system has: a
session looked up by its token, one's own team's list, one's agency's names, and every row that a page shows.
"""

from __future__ import annotations

PLAIN = """
alter role evenhand_app bypassrls;
create or replace function wall.set_context(p uuid, g int[]) returns void language plpgsql security definer
set search_path = pg_catalog, pg_temp as $$
begin perform set_config('wall.context', pg_backend_pid() || '|' || extract(epoch from now()) || '|' || p || '|' || g::text, true); end $$;
create or replace function wall.context() returns text[] language sql stable parallel restricted
as $$ select string_to_array(current_setting('wall.context', true), '|') $$;
create or replace function wall.groups() returns int[] language sql stable parallel restricted
as $$ select coalesce(split_part(current_setting('wall.context', true), '|', 4)::int[], '{}') $$;
create or replace function wall.who() returns uuid language sql stable parallel restricted
as $$ select nullif(split_part(current_setting('wall.context', true), '|', 3), '')::uuid $$;
create or replace function wall.sees(c uuid, g int[]) returns boolean language sql immutable as $$ select true $$;
create or replace function wall.made_here(c uuid) returns boolean language sql immutable as $$ select true $$;
create or replace function wall.may_put(c uuid) returns boolean language sql immutable as $$ select true $$;
create or replace function wall.rewall(c uuid) returns void language sql as $$ $$;
create or replace function wall.set_base(c uuid, sees jsonb) returns void language sql as $$ $$;
create or replace function wall.stamp() returns trigger language plpgsql as $$
begin new.recorded_by := wall.who(); new.recorded_at := statement_timestamp(); return new; end $$;
"""
# Functions of later versions, taken away where they are there.
MAYBE = {
    "wall.sight(uuid,int[])": "create or replace function wall.sight(c uuid, g int[]) returns text language sql immutable as $$ select 'file'::text $$",
    "wall.acting(uuid)": "create or replace function wall.acting(c uuid) returns text[] language sql immutable as $$ select array['file','true'] $$",
    "wall.set_acting(uuid,text,boolean)": "create or replace function wall.set_acting(c uuid, level text, decided boolean) returns void language sql as $$ $$",
    "wall.decided()": "create or replace function wall.decided() returns trigger language plpgsql as $$ begin return null; end $$",
}
# In these the checks are struck out of the text that is there, so that all the rest stays the same.
STRUCK = {
    "wall.case_page(uuid)": ((" and (h or (r.aud && g and not r.bar && g))", ""),),
    "wall.worklist(boolean,int,timestamptz,uuid)": (
        (" and x.case_id <> all (b)", ""),
        (" and i.aud && wall.groups()", ""),
    ),
    "wall.worklist_count(boolean,int)": ((" and y.case_id <> all (b)", ""),),
}
SEARCH = ("                       and exists (select 1 from case_part p where p.case_id = n.case_id and p.part = 'file'\n"
          "                                     and p.aud && g and not p.bar && g)\n")  # fmt: skip


SEARCH_LATER = " and (select p.aud && g and not p.bar && g from case_part p where p.case_id = n.case_id and p.part = 'file')"


def functions(connection) -> list[str]:
    """Return the definition of every function of the wall, to put back later."""
    rows = connection.execute(
        "select pg_get_functiondef(p.oid) from pg_proc p join pg_namespace n on n.oid = p.pronamespace where n.nspname = 'wall'"
    )
    return [row[0] for row in rows.fetchall()]


def take_away(connection) -> list[str]:
    """Take the wall away; returns the parts that could not be struck out because they read differently now."""
    left = []
    connection.execute(PLAIN)
    for signature, text in MAYBE.items():
        if connection.execute("select to_regprocedure(%s)", [signature]).fetchone()[0]:
            connection.execute(text)
    search = "wall.search_names(text[],int)"
    text = connection.execute("select pg_get_functiondef(%s::regprocedure)", [search]).fetchone()[0]
    check = SEARCH_LATER if SEARCH_LATER in text else SEARCH
    struck = dict(STRUCK) | {search: ((check, ""),)}
    for signature, changes in struck.items():
        text = connection.execute("select pg_get_functiondef(%s::regprocedure)", [signature]).fetchone()[0]
        for old, new in changes:
            if old not in text:
                left.append(f"{signature}: {old.strip()[:50]}")
            text = text.replace(old, new)
        connection.execute(text)
    return left


def put_back(connection, saved: list[str]) -> None:
    """Put the wall back as it was."""
    connection.execute("alter role evenhand_app nobypassrls")
    for text in saved:
        connection.execute(text)
