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
declare g int[] := wall.groups(); agencies uuid[]; first text; rest text[];
begin
  words := array(select left(w, 60) from unnest(words) w where length(w) >= 2 order by length(w) desc limit 4);
  if cardinality(words) = 0 then
    return;
  end if;
  first := words[1];
  rest := words[2:];
  agencies := array(select distinct x.agency_id from audience_group x where x.id = any (g) and x.agency_id is not null);
  return query
    select f.id, f.reference::text, f.place::text, f.opened_at, f.closed_at is not null, f.owner_id,
           (select i.sealed from identity i where i.case_id = f.id and not i.superseded limit 1)
      from (select distinct t.case_id
              from unnest(agencies) a cross join lateral
                   (select n.case_id from wall.name_token n
                     where n.agency_id = a and n.token >= first and n.token < first || chr(1114109)
                       and (cardinality(rest) = 0 or (select bool_and(exists (select 1 from wall.name_token m where m.agency_id = a
                              and m.case_id = n.case_id and m.token >= r and m.token < r || chr(1114109)))
                              from unnest(rest) r))
                       and exists (select 1 from case_part p where p.case_id = n.case_id and p.part = 'file'
                                     and p.aud && g and not p.bar && g)
                     limit lim) t
             limit lim) y
      join case_file f on f.id = y.case_id
     order by f.opened_at desc;
end $$;

-- After a crash or a restore the names are gone, as they should be; the worker fills them in again from the records.
create function wall.names_missing() returns boolean language sql stable security definer set search_path = public, pg_temp as $$
  select not exists (select 1 from wall.name_token) and exists (select 1 from identity where not superseded)
$$;
