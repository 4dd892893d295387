-- Who is kept out of a case: whoever declared an interest, whoever somebody independent kept out, and, until that somebody
-- has looked, whoever was named. The reader of a name may be wrong, so naming bars for hours and never for good.

-- The words of the names of people who work here, so that a report that names one can be routed round them.
create table wall.known_name (practitioner_id uuid primary key, words text[] not null, last text not null);
create index on wall.known_name (last);
create function wall.words_of(t text) returns text[] language sql immutable as $$
  select coalesce(array_agg(distinct replace(replace(m[1], '''', ''), '’', '')), '{}')
    from regexp_matches(lower(regexp_replace(normalize(coalesce(t, ''), NFKD), '[\u0300-\u036f]', '', 'g')),
                        '[^\s\-.,;:/()"]+', 'g') m where length(m[1]) > 1
$$;
create function wall.last_of(t text) returns text language sql immutable as $$
  select coalesce((wall.words_of((regexp_match(btrim(t), '\S+$'))[1]))[1], '')
$$;
-- A name without what is written before and after it: "Dr Jane Doe" is known as "Jane Doe", "Dr Doe" as it stands.
create function wall.plain_name(t text) returns text language plpgsql immutable as $$
declare w text[] := regexp_split_to_array(btrim(coalesce(t, '')), '[\s,]+'); x text[];
begin
  loop
    x := wall.words_of(w[1]);
    exit when x = '{}' or cardinality(wall.words_of(array_to_string(w[2:], ' '))) < 2 or not x <@ array[
      'mr', 'mrs', 'ms', 'miss', 'mx', 'dr', 'doctor', 'prof', 'professor', 'sir', 'dame', 'lord', 'lady', 'rev', 'revd', 'reverend',
      'fr', 'imam', 'rabbi', 'sheikh', 'shaykh', 'cllr', 'councillor', 'hon', 'pc', 'wpc', 'dc', 'ds', 'di', 'dci', 'dcs', 'dsu', 'pcso', 'cst',
      'constable', 'const', 'det', 'detective', 'sgt', 'sergeant', 'insp', 'inspector', 'supt', 'superintendent', 'acc', 'dcc',
      'chief', 'deputy', 'assistant', 'acting', 'temporary', 'cpl', 'capt', 'captain', 'maj', 'col', 'lt'];
    w := w[2:];
  end loop;
  loop
    x := wall.words_of(w[cardinality(w)]);
    exit when cardinality(w) < 2 or cardinality(wall.words_of(array_to_string(w[:cardinality(w) - 1], ' '))) < 2
           or not x <@ array['obe', 'mbe', 'cbe', 'qpm', 'kpm', 'bem', 'phd', 'kc', 'qc', 'jp', 'esq', 'jr', 'jnr', 'snr'];
    w := w[:cardinality(w) - 1];
  end loop;
  return array_to_string(w, ' ');
end $$;
create function wall.keep_name() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  insert into wall.known_name values (new.id, wall.words_of(wall.plain_name(new.name)), wall.last_of(wall.plain_name(new.name)))
  on conflict (practitioner_id) do update set words = excluded.words, last = excluded.last;
  return null;
end $$;
create trigger b_name after insert or update of name on practitioner for each row execute function wall.keep_name();
insert into wall.known_name
select id, wall.words_of(wall.plain_name(name)), wall.last_of(wall.plain_name(name)) from practitioner;
update wall.known_name k set words = wall.words_of(wall.plain_name(p.name)), last = wall.last_of(wall.plain_name(p.name))
  from practitioner p where p.id = k.practitioner_id;

-- Everybody for whom this case does not exist.
create function wall.barred_people(c uuid) returns uuid[] language plpgsql stable security definer
set search_path = public, pg_temp as $$
declare found uuid[]; named uuid[]; handlers uuid[];
begin
  found := array(
    select i.practitioner_id from interest i where i.case_id = c and (i.until is null or i.until >= wall.today())
    union select k.practitioner_id from kept_out k where k.case_id = c and k.state = 'kept_out' and k.practitioner_id is not null);
  named := array(select distinct k.practitioner_id from kept_out k
                  where k.case_id = c and k.state = 'named' and k.practitioner_id is not null and k.practitioner_id <> all (found));
  if named <> '{}' then
    -- Naming every handler does not leave a case with nobody who may look at it: the one who has waited longest still may.
    handlers := wall.handlers_of(c);
    if handlers <> '{}' and handlers <@ (found || named) then
      named := array_remove(named, (select h from unnest(handlers) with ordinality u(h, n) where h <> all (found) order by n limit 1));
    end if;
  end if;
  return found || named;
end $$;

-- Who may handle what is not clear yet, those of the case's own agencies first, then whoever has waited longest.
create function wall.handlers_of(c uuid) returns uuid[] language sql stable security definer set search_path = public, pg_temp as $$
  select coalesce(array_agg(x.practitioner_id order by x.away, x.given_at nulls first, x.practitioner_id), '{}')
    from (select h.practitioner_id, min(case when f.bindings::text like '%' || h.agency_id || '%' then 0 else 1 end) as away, min(t.given_at) as given_at
            from case_file f join role_holding h on h.role = f.handler_role and f.handler_role <> ''
            join practitioner p on p.id = h.practitioner_id and p.active
            left join wall.turn t on t.practitioner_id = h.practitioner_id
           where f.id = c and h.from_date <= wall.today() and (h.to_date is null or h.to_date >= wall.today())
           group by h.practitioner_id) x
$$;

-- Whoever would own it is kept out: an independent handler does, or, where there is none, a data protection officer.
create function wall.pick_round(c uuid) returns uuid language plpgsql stable security definer set search_path = public, pg_temp as $$
declare barred uuid[] := wall.barred_people(c); found uuid;
begin
  if not exists (select 1 from kept_out k where k.case_id = c and k.state <> 'let_in') then
    return null;
  end if;
  select h into found from unnest(wall.handlers_of(c)) with ordinality u(h, n) where h <> all (barred) order by n limit 1;
  if found is null then
    select h.practitioner_id into found
      from case_file f join role_holding h on h.role = any (wall.protector_roles()) and f.apart = ''
      join practitioner p on p.id = h.practitioner_id and p.active
     where f.id = c and h.practitioner_id <> all (barred)
       and h.from_date <= wall.today() and (h.to_date is null or h.to_date >= wall.today())
     order by (f.bindings::text like '%' || h.agency_id || '%') desc, h.practitioner_id limit 1;
  end if;
  return found;
end $$;

-- Groups of handlers that see the file while somebody named has not been looked at.
create function wall.handling(c uuid) returns int[] language plpgsql stable security definer set search_path = public, pg_temp as $$
begin
  if not exists (select 1 from kept_out k where k.case_id = c and k.state = 'named') then
    return '{}';
  end if;
  return array(select g.id from case_file f join audience_group g on g.role = f.handler_role and g.practitioner_id is null
                where f.id = c and f.handler_role <> '' and f.bindings::text like '%' || g.agency_id || '%');
end $$;

-- Line managers and relatives of somebody the case is about are named with them; returns how many were new.
create function wall.name_relations(c uuid) returns int language plpgsql security definer set search_path = public, pg_temp as $$
declare n int;
begin
  insert into kept_out (id, case_id, part, recorded_at, recorded_by, aud, bar, practitioner_id, ground, state, because_of_id)
  select gen_random_uuid(), c, 'file', wall.noted(), coalesce(wall.who(), wall.house()), '{}', '{}', x.whom, min(x.kind), 'named', min(x.of::text)::uuid
    from (select r.other_id as whom, r.practitioner_id as of, case r.kind when 'line_manager' then r.kind else 'relative' end as kind
            from kept_out k join relation r on r.practitioner_id = k.practitioner_id join case_file f on f.id = c
           where k.case_id = c and k.state <> 'let_in' and k.ground in ('unclear', 'person_concerned')
             and r.from_date <= wall.today() and (r.to_date is null or r.to_date >= f.opened_at::date)
          union
          select r.practitioner_id, r.other_id, 'relative'
            from kept_out k join relation r on r.other_id = k.practitioner_id and r.kind <> 'line_manager' join case_file f on f.id = c
           where k.case_id = c and k.state <> 'let_in' and k.ground in ('unclear', 'person_concerned')
             and r.from_date <= wall.today() and (r.to_date is null or r.to_date >= f.opened_at::date)) x
   where not exists (select 1 from kept_out k where k.case_id = c and k.practitioner_id = x.whom)
   group by x.whom;
  get diagnostics n = row_count;
  return n;
end $$;

-- Start the hours within which somebody independent says who is meant, and give them the task.
create function wall.start_confirming(c uuid, clock jsonb) returns void language plpgsql security definer
set search_path = public, pg_temp as $$
declare f case_file;
begin
  select * into f from case_file where id = c;
  if f.handler_role = '' or not exists (select 1 from kept_out k where k.case_id = c and k.state = 'named')
     or exists (select 1 from clock k where k.case_id = c and k.code = clock->>'code' and k.stopped_at is null) then
    return;
  end if;
  insert into clock (id, case_id, part, recorded_at, recorded_by, aud, bar, code, value, unit, basis, source, started_at, due_at, pauses)
  values (gen_random_uuid(), c, 'file', wall.noted(), coalesce(wall.who(), wall.house()), '{}', '{}', clock->>'code', (clock->>'value')::int,
          clock->>'unit', clock->>'basis', clock->>'source', wall.noted(), (clock->>'due_at')::timestamptz, '[]');
  insert into duty (id, case_id, kind, contents, once, due_at, tries, trouble)
  values (gen_random_uuid(), c, 'task', jsonb_build_object('to',
            (select coalesce(jsonb_agg(jsonb_build_array(f.handler_role, a.id)), '[]') from agency a
              where f.bindings::text like '%' || a.id || '%' and exists (select 1 from role_holding h where h.role = f.handler_role and h.agency_id = a.id)),
            'label', clock->>'label', 'clock', clock->>'code', 'template', ''),
          'confirm:' || gen_random_uuid(), wall.noted(), 0, '');
end $$;

-- A report, or whoever says whom a case is about, names people: those who work here are kept out until somebody has looked.
-- `about` are names of whom it is about (every word of a colleague's name must stand in one of them), `others` are
-- names of whom else must not see it (a family name is enough). It tells nobody whether a name fitted anybody.
create function wall.keep_out_named(c uuid, about text[], others text[], clock jsonb) returns void language plpgsql security definer
set search_path = public, pg_temp as $$
declare f case_file; t text;
begin
  if not (wall.made_here(c) or coalesce((wall.acting(c))[1] = 'file', false)) then
    raise exception 'no such case' using errcode = 'P0002';
  end if;
  select * into f from case_file where id = c;
  if f.handler_role = '' then
    return;
  end if;
  insert into kept_out (id, case_id, part, recorded_at, recorded_by, aud, bar, practitioner_id, ground, state)
  select gen_random_uuid(), c, 'file', wall.noted(), wall.who(), '{}', '{}', x.practitioner_id, x.ground, 'named'
    from (select k.practitioner_id, min(case when s.about then 'unclear' else 'close' end) as ground
            from (select wall.words_of(n) as words, true as about from unnest(about[1:20]) n
                  union all select wall.words_of(n), false from unnest(others[1:40]) n) s
            join wall.known_name k on k.last = any (s.words)
             and (not s.about or cardinality(k.words) > 1 and k.words <@ s.words)
            join practitioner p on p.id = k.practitioner_id and p.active
           group by k.practitioner_id) x
   where not exists (select 1 from kept_out o where o.case_id = c and o.practitioner_id = x.practitioner_id);
  foreach t in array others[1:40] loop
    if not exists (select 1 from wall.known_name k where k.last = any (wall.words_of(t)))
       and not exists (select 1 from kept_out o where o.case_id = c and o.practitioner_id is null and o.state = 'named') then
      insert into kept_out (id, case_id, part, recorded_at, recorded_by, aud, bar, ground, state)
      values (gen_random_uuid(), c, 'file', wall.noted(), wall.who(), '{}', '{}', 'unclear', 'named');
    end if;
  end loop;
  perform wall.name_relations(c);
  perform wall.start_confirming(c, clock);
end $$;

-- Somebody on the file names a colleague; nothing is for good until somebody else has looked.
create function wall.name_one(c uuid, p uuid, why text, contents bytea) returns void language plpgsql security definer
set search_path = public, pg_temp as $$
begin
  if not coalesce((wall.acting(c))[1] = 'file' and (wall.acting(c))[2]::boolean, false)
     or (select handler_role from case_file where id = c) = '' then
    raise exception 'no such case' using errcode = 'P0002';
  end if;
  if exists (select 1 from kept_out k where k.case_id = c and k.practitioner_id = p and k.state = 'kept_out') then
    return;
  end if;
  insert into kept_out (id, case_id, part, recorded_at, recorded_by, aud, bar, practitioner_id, ground, state, sealed)
  values (gen_random_uuid(), c, 'file', wall.now(), wall.who(), '{}', '{}', p, why, 'named', contents);
  perform wall.name_relations(c);
end $$;

-- Somebody independent says of one colleague (or, without one, of names that fit nobody) whether they stay out.
create function wall.say_kept_out(c uuid, p uuid, stay boolean, why text, contents bytea) returns void language plpgsql security definer
set search_path = public, pg_temp as $$
declare w uuid := wall.who();
begin
  if not coalesce((wall.acting(c))[2]::boolean, false) or p = w
     or not wall.holds(nullif((select handler_role from case_file where id = c), ''))
     or exists (select 1 from kept_out k where k.case_id = c and k.practitioner_id = p and k.recorded_by = w and k.state = 'named') then
    raise exception 'somebody independent says who is kept out' using errcode = '42501';
  end if;
  update kept_out set state = case when stay then 'kept_out' else 'let_in' end, ground = case when stay then why else ground end,
         decided_by = w, decided_at = wall.now(), sealed = contents
   where case_id = c and practitioner_id is not distinct from p and state <> case when stay then 'kept_out' else 'let_in' end;
  if not found and stay and p is not null then
    insert into kept_out (id, case_id, part, recorded_at, recorded_by, aud, bar, practitioner_id, ground, state, decided_by, decided_at, sealed)
    values (gen_random_uuid(), c, 'file', wall.now(), w, '{}', '{}', p, why, 'kept_out', w, wall.now(), contents);
  end if;
  if stay then
    perform wall.name_relations(c);
  else
    update kept_out set state = 'let_in', decided_by = w, decided_at = wall.now()
     where case_id = c and because_of_id = p and state = 'named';
  end if;
  if not exists (select 1 from kept_out k where k.case_id = c and k.state = 'named') then
    update clock set stopped_at = wall.now() where case_id = c and code = 'confirm_kept_out' and stopped_at is null;
    update task set done_at = wall.now(), done_by = w where case_id = c and code = 'confirm_kept_out' and done_at is null;
  end if;
end $$;

-- The house looks for relations that were declared, or have begun, after a case named somebody; returns the cases in which
-- some are new. It goes back to the last time it looked, however long ago that is, and two days more, because what is
-- declared in a transaction that takes its time is seen after its moment.
create table wall.relations_seen (one boolean primary key default true check (one), at timestamptz not null default '2000-01-01');
insert into wall.relations_seen default values;
create function wall.relations_since() returns setof uuid language plpgsql security definer set search_path = public, pg_temp as $$
declare c uuid; since timestamptz;
begin
  if not wall.is_house() then
    raise exception 'for the house alone' using errcode = '42501';
  end if;
  select least(at, wall.now()) - interval '2 days' into since from wall.relations_seen for update;
  for c in select distinct k.case_id from kept_out k join relation r on k.practitioner_id in (r.practitioner_id, r.other_id)
            where k.state <> 'let_in' and k.ground in ('unclear', 'person_concerned') 
              and (r.declared_at > since or r.from_date > since::date and r.from_date <= wall.today()) loop
    if wall.name_relations(c) > 0 then
      perform wall.rewall(c);
      return next c;
    end if;
  end loop;
  update wall.relations_seen set at = wall.now();
end $$;

-- Relations: one declares one's own, an administrator keeps line managers of their agency, and nobody reads those of others.
alter table relation enable row level security;
alter table relation force row level security;
create function wall.relation_stamp() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if wall.who() is not null then
    if tg_op = 'INSERT' then
      new.declared_by := wall.who();
      new.declared_at := wall.now();
    end if;
  end if;
  return new;
end $$;
create trigger a_stamp before insert or update on relation for each row execute function wall.relation_stamp();
create policy see on relation for select to evenhand_app
  using (practitioner_id = (select wall.who()) or (kind = 'line_manager' and other_id = (select wall.who()))
         or (kind = 'line_manager' and (select wall.holds('administrator'))));
create policy put on relation for insert to evenhand_app
  with check (practitioner_id <> other_id and (practitioner_id = (select wall.who())
              or (kind = 'line_manager' and (select wall.holds('administrator')))));
create policy mend on relation for update to evenhand_app
  using (declared_by = (select wall.who())) with check (declared_by = (select wall.who()));
create policy house on relation to evenhand_worker using ((select wall.is_house())) with check ((select wall.is_house()));
create policy inside on relation to evenhand_owner using (session_user <> 'evenhand_owner') with check (session_user <> 'evenhand_owner');
grant select, insert, update (to_date) on relation to evenhand_app;

-- Rows of these two are written by the wall's own functions and by nobody else.
revoke insert, update on kept_out, break_glass from evenhand_app;
