-- Names for searching: derived, unlogged, outside backups; filled from the records at start and emptied with the key.
create unlogged table wall.name_token (
  agency_id uuid not null,
  token text not null collate "C",
  case_id uuid not null,
  primary key (agency_id, token, case_id)
);
create index on wall.name_token (case_id);

create function wall.index_names(c uuid, tokens text[]) returns void language plpgsql security definer
set search_path = public, pg_temp as $$
begin
  -- Names belong to the file: whoever sees another part, or one question, cannot change how the case is found.
  if not (wall.sight(c, wall.groups()) = 'file' or wall.made_here(c) or wall.is_house()) then
    raise exception 'no such case' using errcode = 'P0002';
  end if;
  delete from wall.name_token where case_id = c;
  insert into wall.name_token
  select distinct a.agency_id, left(t, 60), c
    from (select distinct g.agency_id from case_part p join audience_group g on g.id = any (p.aud)
           where p.case_id = c and p.part = 'file' and g.agency_id is not null) a
   cross join unnest(tokens) t
   where length(t) >= 2
  on conflict do nothing;
end $$;

-- Cases with a name that begins with every one of the words asked for, as far as the asker may see them.
create function wall.search_names(words text[], lim int)
returns table (case_id uuid, reference text, place text, opened_at timestamptz, closed boolean, owner_id uuid, identity bytea)
language plpgsql stable security definer set search_path = public, pg_temp set plan_cache_mode = force_custom_plan as $$
#variable_conflict use_column
declare g int[] := wall.groups(); agencies uuid[]; w text[];
begin
  w := array(select left(x, 60) from unnest(words) x where length(x) >= 2 order by length(x) desc limit 4);
  if cardinality(w) = 0 then
    return;
  end if;
  agencies := array(select distinct x.agency_id from audience_group x where x.id = any (g) and x.agency_id is not null);
  return query
    select f.id, f.reference::text, f.place::text, f.opened_at, f.closed_at is not null, f.owner_id,
           (select i.sealed from identity i where i.case_id = f.id and not i.superseded limit 1)
      from (select distinct t.case_id
              from unnest(agencies) a cross join lateral
                   (select n.case_id from wall.name_token n
                     where n.agency_id = a and n.token >= w[1] and n.token < w[1] || chr(1114109)
                       -- Each further word is looked up once for all agencies and kept as a set.
                       and (w[2] is null or n.case_id in (select m.case_id from wall.name_token m where m.agency_id = any (agencies)
                              and m.token >= w[2] and m.token < w[2] || chr(1114109)))
                       and (w[3] is null or n.case_id in (select m.case_id from wall.name_token m where m.agency_id = any (agencies)
                              and m.token >= w[3] and m.token < w[3] || chr(1114109)))
                       and (w[4] is null or n.case_id in (select m.case_id from wall.name_token m where m.agency_id = any (agencies)
                              and m.token >= w[4] and m.token < w[4] || chr(1114109)))
                       -- One look for each name found, and not a join with every part there is.
                       and (select p.aud && g and not p.bar && g from case_part p where p.case_id = n.case_id and p.part = 'file')
                     limit lim) t
             limit lim) y
      join case_file f on f.id = y.case_id
     -- What is held or set apart as a whole is in no search, not even of those who keep it: it stands on its own list.
     where not exists (select 1 from restriction r where r.case_id = f.id and r.lifted_at is null and r.entries = '[]'
                          and (f.closed_at is not null or r.kind = 'restriction'))
     order by f.opened_at desc;
end $$;

-- After a crash or a restore the names are gone, as they should be; the worker fills them in again from the records.
create function wall.names_missing() returns boolean language sql stable security definer set search_path = public, pg_temp as $$
  select not exists (select 1 from wall.name_token) and exists (select 1 from identity where not superseded)
$$;
