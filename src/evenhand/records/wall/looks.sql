-- Looks at cases: put in by whoever looks, read through here alone. They serve the purposes of DPA 2018 s.62(4), and
-- are no list of suspects: nobody asks who looked for whom, but a data protection officer for a stated purpose.
alter table look enable row level security;
alter table look force row level security;
create policy inside on look to evenhand_owner using (session_user <> 'evenhand_owner') with check (session_user <> 'evenhand_owner');

create function wall.note_look(c uuid, what text, why text, words bytea) returns void language plpgsql security definer
set search_path = public, pg_temp as $$
declare w uuid := wall.who();
begin
  if not wall.sees(c, wall.groups()) then
    raise exception 'no such case' using errcode = 'P0002';
  end if;
  insert into look (id, case_id, practitioner_id, day, kind, ground, owned, times, first_at, last_at, sealed)
  select gen_random_uuid(), c, w, wall.today(), left(what, 20), left(why, 40), f.owner_id = w, 1, wall.now(), wall.now(), words
    from case_file f where f.id = c
  on conflict (case_id, practitioner_id, day, kind, ground) do update
    set times = look.times + 1, last_at = excluded.last_at, sealed = coalesce(excluded.sealed, look.sealed);
end $$;

-- Whom a search brought up, in one statement: no more than whoever searched may see.
create function wall.note_found(ids uuid[]) returns void language sql security definer set search_path = public, pg_temp as $$
  insert into look (id, case_id, practitioner_id, day, kind, ground, owned, times, first_at, last_at)
  select gen_random_uuid(), f.id, wall.who(), wall.today(), 'found', '', f.owner_id = wall.who(), 1, wall.now(), wall.now()
    from case_file f where f.id = any (ids[1:50]) and f.aud && wall.groups() and not f.bar && wall.groups()
  on conflict (case_id, practitioner_id, day, kind, ground) do update set times = look.times + 1, last_at = excluded.last_at
$$;

-- May the asker know who looked at this case? Its owner, and the data protection officer of one of its agencies; where a
-- case stands apart, whoever answers for its side. Barred and absent: no.
create function wall.answers_for_looks(c uuid) returns boolean language plpgsql stable security definer
set search_path = public, pg_temp as $$
declare g int[] := wall.groups(); w uuid := wall.who();
begin
  return (select coalesce(bool_or(f.owner_id = w and f.aud && g
             or f.apart = '' and wall.protects(f.bindings)
             or f.apart <> '' and wall.holds(f.handler_role) and f.aud && g), false)
            from case_file f where f.id = c and not f.bar && g);
end $$;

-- A page begins after a moment and a number: one search notes all that it found at one moment.
create function wall.looks_of(c uuid, others_only boolean, before timestamptz, past uuid, lim int)
returns table (id uuid, practitioner_id uuid, kind text, ground text, owned boolean, times int, first_at timestamptz, last_at timestamptz,
               sealed bytea, reference text)
language plpgsql stable security definer set search_path = public, pg_temp as $$
#variable_conflict use_column
begin
  if not wall.answers_for_looks(c) then
    return;
  end if;
  return query
    select l.id, l.practitioner_id, l.kind::text, l.ground::text, l.owned, l.times, l.first_at, l.last_at, l.sealed, f.reference::text
      from look l join case_file f on f.id = l.case_id
     where l.case_id = c and (not others_only or not l.owned)
       and (l.last_at, l.id) < (coalesce(before, 'infinity'), coalesce(past, '00000000-0000-0000-0000-000000000000'))
     order by l.last_at desc, l.id desc limit least(lim, 200);
end $$;

-- Across cases, for a data protection officer alone: the looks of colleagues at cases of the officer's agencies.
create function wall.looks_across(by uuid, before timestamptz, past uuid, lim int)
returns table (id uuid, case_id uuid, practitioner_id uuid, kind text, ground text, times int, first_at timestamptz, last_at timestamptz, reference text)
language plpgsql stable security definer set search_path = public, pg_temp as $$
#variable_conflict use_column
declare g int[] := wall.groups(); mine text[];
begin
  mine := array(select h.agency_id::text from wall.holdings() h where h.role = any (wall.protector_roles()));
  if mine = '{}' then
    return;
  end if;
  return query
    select l.id, l.case_id, l.practitioner_id, l.kind::text, l.ground::text, l.times, l.first_at, l.last_at, f.reference::text
      from look l join case_file f on f.id = l.case_id
     where not l.owned and (by is null or l.practitioner_id = by)
       and (l.last_at, l.id) < (coalesce(before, 'infinity'), coalesce(past, '00000000-0000-0000-0000-000000000000'))
       and l.last_at > wall.now() - interval '400 days'
       and f.apart = '' and not f.bar && g
       and exists (select 1 from jsonb_each(f.bindings) b where b.value ?| mine)
     order by l.last_at desc, l.id desc limit least(lim, 200);
end $$;

-- Earlier cases of the same person that are over, outcome first: to whoever is on the file of a case at which a decision
-- speaks to them, even where the earlier file itself is closed to them. Its number is told only to who may open it.
create function wall.earlier(c uuid)
returns table (case_id uuid, reference text, pack text, journey text, edition text, place text, outcome text,
               opened_at timestamptz, closed_at timestamptz)
language plpgsql stable security definer set search_path = public, pg_temp as $$
#variable_conflict use_column
declare g int[] := wall.groups(); f case_file; speaks boolean;
begin
  select * into f from case_file x where x.id = c and x.aud && g and not x.bar && g;
  if f.person_id is null then
    return;
  end if;
  speaks := exists (select 1 from wall.journey j where j.pack = f.pack and j.journey = f.journey and j.edition = f.edition
                      and f.place = any (j.earlier_at));
  return query
    select case when o.aud && g then o.id end, case when o.aud && g then o.reference::text end, o.pack::text, o.journey::text,
           o.edition::text, o.place::text, o.outcome::text, o.opened_at, o.closed_at
      from case_file o
     where o.person_id = f.person_id and o.id <> c and not o.bar && g and (o.aud && g or (speaks and o.closed_at is not null and wall.keepers(o.id) is null))
     order by o.opened_at desc limit 20;
end $$;
