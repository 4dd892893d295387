"""Take a fingerprint of the wall as the database's catalogue has it, so that a change by hand is noticed."""

from __future__ import annotations

from psycopg import Connection

STANDS = """
select encode(sha256(convert_to(coalesce(string_agg(one, E'\\n' order by one), ''), 'UTF8')), 'hex') from (
  select 'policy ' || (p.polrelid::regclass, p.polname, p.polcmd, p.polpermissive, (select array_agg(r::regrole::text order by r::regrole::text) from unnest(p.polroles) r),
         pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid))::text as one from pg_policy p
  union all
  select 'trigger ' || (t.tgenabled, pg_get_triggerdef(t.oid))::text from pg_trigger t where not t.tgisinternal
  union all
  select 'function ' || (p.oid::regprocedure, p.prosecdef, p.provolatile, p.proconfig, p.proowner::regrole, p.prosrc, (select array_agg(x::text order by x::text) from unnest(coalesce(p.proacl, acldefault('f', p.proowner))) x))::text
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace
   where n.nspname in ('public', 'wall') and not exists (select 1 from pg_depend d where d.objid = p.oid and d.deptype = 'e')
  union all
  select 'table ' || (c.oid::regclass, c.relrowsecurity, c.relforcerowsecurity, c.relowner::regrole, (select array_agg(x::text order by x::text) from unnest(coalesce(c.relacl, acldefault((case c.relkind when 'S' then 's' else 'r' end)::"char", c.relowner))) x))::text
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
   where n.nspname in ('public', 'wall') and c.relkind in ('r', 'p', 'v', 'S')
  union all
  select 'column ' || (a.attrelid::regclass, a.attname, (select array_agg(x::text order by x::text) from unnest(a.attacl) x))::text
    from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
   where n.nspname in ('public', 'wall') and a.attacl is not null
) everything
"""


def stands(raw: Connection) -> str:
    """Return a fingerprint of what really stands: every policy, trigger, function and right, as the catalogue has them."""
    row = raw.execute(STANDS.encode()).fetchone()
    return str(row[0]) if row else ""
