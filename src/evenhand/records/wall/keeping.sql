-- Forgetting a case: every row of every table that names it goes, whoever added the table; the ledger's lines stay.
create function wall.erase(c uuid, p jsonb) returns boolean language plpgsql security definer
set search_path = public, pg_temp as $$
declare f case_file; t record; there boolean := false; n bigint; others uuid[];
begin
  if not wall.is_house() then
    raise exception 'only the house erases' using errcode = '42501';
  end if;
  set constraints all deferred;
  select * into f from case_file where id = c for update;
  there := found;
  insert into tombstone (id, erased_on, "group", clause, decided_by, confirmed_by, agencies)
  values (c, coalesce((p->>'on')::date, wall.today()), coalesce(p->>'group', ''), coalesce(p->>'clause', ''), (p->>'by')::uuid,
          (p->>'confirmed_by')::uuid, coalesce((select array_agg(x::uuid) from jsonb_array_elements_text(p->'controllers') x), '{}'))
  on conflict (id) do nothing;
  if there then
    -- Everybody it was disclosed to is told, except whose record this is.
    others := array(
      select distinct x.agency_id from (
        select agency_id from disclosure where case_id = c
        union select agency_id from information_request where case_id = c
        union select agency_id from onward_referral where case_id = c
        union select agency_id from commission where case_id = c
        union select a::uuid from jsonb_array_elements_text(coalesce(p->'recipients', '[]')) a) x
       where x.agency_id is not null and not coalesce(p->'controllers', '[]') ? x.agency_id::text);
    insert into erasure_notice (id, tombstone_id, agency_id, reference, asked_at, due_at, chased, answer, why)
    select gen_random_uuid(), c, a, f.reference, wall.now(), coalesce((p->>'answer_by')::timestamptz, wall.now() + interval '28 days'), 0, '', ''
      from unnest(others) a on conflict do nothing;
    -- Figures keep what they counted, and nothing that leads back.
    update counted_case set id = gen_random_uuid(), case_id = null,
      referred_on = greatest(date_trunc('week', referred_on)::date, date_trunc('month', referred_on)::date)
     where case_id = c;
  end if;
  for t in select k.table_schema, k.table_name from information_schema.columns k
             join information_schema.tables b using (table_schema, table_name)
            where k.table_schema in ('public', 'wall') and k.column_name = 'case_id' and b.table_type = 'BASE TABLE'
              and k.data_type = 'uuid' and k.table_name not in ('counted_case')
            order by 1, 2 loop
    execute format('delete from %I.%I where case_id = $1', t.table_schema, t.table_name) using c;
    get diagnostics n = row_count;
    there := there or n > 0;
  end loop;
  delete from case_file where id = c;
  if f.person_id is not null then
    delete from person q where q.id = f.person_id
       and not exists (select 1 from case_file o where o.person_id = q.id)
       and not exists (select 1 from identity i where i.person_id = q.id)
       and not exists (select 1 from person_merge m where q.id in (m.from_person_id, m.to_person_id));
  end if;
  return there;
end $$;

alter table tombstone enable row level security;
alter table tombstone force row level security;
create policy see on tombstone for select to evenhand_app
  using (exists (select 1 from wall.holdings() h where h.role = any (wall.protector_roles()) and h.agency_id = any (agencies)));
create policy house on tombstone to evenhand_worker using ((select wall.is_house())) with check ((select wall.is_house()));
create policy inside on tombstone to evenhand_owner using (session_user <> 'evenhand_owner') with check (session_user <> 'evenhand_owner');
grant select on tombstone to evenhand_app;
grant select on tombstone to evenhand_worker;

-- Who has to answer for an agency that it has erased what it was told.
create function wall.answers_for(a uuid) returns boolean language sql stable security definer set search_path = public, pg_temp as $$
  select exists (select 1 from wall.holdings() h where h.agency_id = a
                  and (h.role = any (wall.protector_roles())
                       or h.role in ('safeguarding_lead', 'social_care_lead', 'provider', 'panel_coordinator', 'agency_lead')))
$$;
alter table erasure_notice enable row level security;
alter table erasure_notice force row level security;
create policy see on erasure_notice for select to evenhand_app
  using (wall.answers_for(agency_id) or exists (select 1 from tombstone t where t.id = tombstone_id));
create policy mend on erasure_notice for update to evenhand_app using (wall.answers_for(agency_id)) with check (wall.answers_for(agency_id));
create policy house on erasure_notice to evenhand_worker using ((select wall.is_house())) with check ((select wall.is_house()));
create policy inside on erasure_notice to evenhand_owner using (session_user <> 'evenhand_owner') with check (session_user <> 'evenhand_owner');
create function wall.answer_stamp() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if wall.who() is not null and wall.who() <> wall.house() then
    if old.answer <> '' then
      raise exception 'answered once' using errcode = '42501';
    end if;
    new.answered_by := wall.who();
    new.answered_at := wall.now();
    new.reference := '';
  end if;
  return new;
end $$;
create trigger b_answer before update on erasure_notice for each row execute function wall.answer_stamp();
grant select, update (answer, why) on erasure_notice to evenhand_app;
grant select, update (chased, due_at) on erasure_notice to evenhand_worker;
create policy inside on monitoring_answer to evenhand_owner using (session_user <> 'evenhand_owner') with check (session_user <> 'evenhand_owner');

-- Entries go to their keepers when they are set apart, and come back when that ends.
create function wall.set_apart() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
declare t text; p text;
begin
  foreach p in array array['file', 'support', 'deconfliction', 'reporter'] loop
    foreach t in array wall.row_tables(p) loop
      execute format('update %I set part = part where case_id = $1 and part = $2 and id = any ($3)', t)
        using new.case_id, p, array(select x::uuid from jsonb_array_elements_text(new.entries) x);
    end loop;
  end loop;
  return null;
end $$;
create trigger z_apart after insert or update of lifted_at on restriction for each row when (new.entries <> '[]')
  execute function wall.set_apart();
create trigger b_own_hand before update on erasure_order for each row execute function wall.own_hand();

-- When whoever reported last wrote anything, at whatever door.
create function wall.reporter_wrote(c uuid) returns timestamptz language plpgsql stable security definer
set search_path = public, pg_temp as $$
declare t text; latest timestamptz; x timestamptz; them uuid[];
begin
  if not (wall.sees(c, wall.groups()) or wall.is_house()) then
    return null;
  end if;
  them := array(select r.recorded_by from reporter r where r.case_id = c) || wall.door();
  foreach t in array wall.row_tables('file') || wall.row_tables('reporter') loop
    execute format('select max(recorded_at) from %I where case_id = $1 and recorded_by = any ($2)', t) into x using c, them;
    latest := greatest(latest, x);
  end loop;
  return latest;
end $$;

-- The list of what is held or set apart: for whoever answers for it, and for officers for data protection of its agencies.
create function wall.set_apart_list() returns table (id uuid, case_id uuid, reference text, kind text, cause text, entries jsonb,
  owner_id uuid, until date, whole boolean, recorded_at timestamptz, sealed bytea, recorded_by uuid) language plpgsql stable security definer
set search_path = public, pg_temp as $$
#variable_conflict use_column
declare g int[] := wall.groups();
begin
  return query select r.id, r.case_id, f.reference::text, r.kind::text, r.cause::text, r.entries, r.owner_id, r.until, r.entries = '[]',
                      r.recorded_at, r.sealed, r.recorded_by
    from restriction r join case_file f on f.id = r.case_id
   where r.lifted_at is null and not r.bar && g
     and (r.owner_id = wall.who() or exists (select 1 from wall.holdings() h
            where h.role = any (wall.protector_roles()) and h.agency_id::text = any (wall.answering(f.bindings))))
   order by r.until limit 500;
end $$;
-- An entry that is set apart, for whoever may see the list it is on.
create function wall.set_apart_entry(r uuid, entry uuid) returns table (kind text, contents jsonb) language plpgsql stable
security definer set search_path = public, pg_temp as $$
#variable_conflict use_column
declare t text; p text; c uuid;
begin
  select l.case_id into c from wall.set_apart_list() l where l.id = r and l.entries ? entry::text;
  if c is null then
    return;
  end if;
  foreach p in array array['file', 'support'] loop
    foreach t in array wall.row_tables(p) loop
      return query execute format('select %L::text, to_jsonb(x) - ''aud'' - ''bar'' from %I x where x.id = $1 and x.case_id = $2 and x.part = $3', t, t)
        using entry, c, p;
    end loop;
  end loop;
end $$;

-- What the register says was told to others, for an act on the case that they are to hear of, whatever of it whoever acts sees.
create function wall.told_to_others(c uuid) returns table (id uuid, agency_id uuid, recorded_at timestamptz, by_agency uuid, sealed bytea)
language plpgsql stable security definer set search_path = public, pg_temp as $$
#variable_conflict use_column
begin
  if wall.acting(c) is null then
    return;
  end if;
  return query select d.id, d.agency_id, d.recorded_at, p.agency_id, d.sealed
    from disclosure d join practitioner p on p.id = d.recorded_by where d.case_id = c order by d.recorded_at, d.id;
end $$;

-- What an agency was told became of what it had been told: for whoever answers for that there; of the case, nothing else.
create function wall.told_to_us() returns table (id uuid, case_id uuid, what text, recorded_at timestamptz, sealed bytea)
language plpgsql stable security definer set search_path = public, pg_temp as $$
#variable_conflict use_column
declare g int[] := wall.groups();
begin
  return query select n.id, n.case_id, n.what::text, n.recorded_at, n.sealed
    from recipient_notice n join case_file f on f.id = n.case_id
   where wall.answers_for(n.agency_id) and not n.bar && g and not f.bar && g
   order by n.recorded_at desc limit 200;
end $$;

-- The next day to decide for each case that has ended, worked out by the house; nobody reads it through a door.
alter table keeping_day enable row level security;
alter table keeping_day force row level security;
create policy house on keeping_day to evenhand_worker using ((select wall.is_house())) with check ((select wall.is_house()));
create policy inside on keeping_day to evenhand_owner using (session_user <> 'evenhand_owner') with check (session_user <> 'evenhand_owner');
grant select, insert, update, delete on keeping_day to evenhand_worker;

-- Is there a complaint about a case that nobody has answered yet?
create function wall.complained_of(c uuid) returns boolean language plpgsql stable security definer
set search_path = public, pg_temp as $$
begin
  return exists (select 1 from rights_case x join rights_request q on q.id = x.request_id
                  where x.case_id = c and q.kind = 'complain' and q.answered_at is null);
end $$;

-- Who keeps a case that is held or set apart as a whole: whoever answers for that, and the officers for data protection
-- of its agencies; null when it is neither. A hold takes it out of use once it has ended, a restriction at once.
create function wall.keepers(c uuid) returns int[] language plpgsql stable security definer
set search_path = public, pg_temp as $$
declare k int[]; o int[];
begin
  select array_agg(distinct wall.personal_group_if_any(r.owner_id)) into k
    from restriction r join case_file f on f.id = r.case_id and (f.closed_at is not null or r.kind = 'restriction')
   where r.case_id = c and r.lifted_at is null and r.entries = '[]';
  if k is null then
    return null;
  end if;
  o := array(select g.id from case_part p join audience_group g on g.id = any (p.base) and g.role = any (wall.protector_roles())
              where p.case_id = c and p.part = 'file');
  if o = '{}' then
    o := array(select g.id from case_file f join audience_group g on g.role = any (wall.protector_roles())
                  and g.agency_id::text = any (wall.answering(f.bindings)) where f.id = c and f.apart = '');
  end if;
  return k || o;
end $$;

-- What has a time of its own goes when that is over; how many days comes from the policy, what goes is written here.
create function wall.forget_old(days jsonb) returns int language plpgsql security definer set search_path = public, pg_temp as $$
declare n int := 0; m int; r record;
begin
  if not wall.is_house() then
    raise exception 'only the house forgets' using errcode = '42501';
  end if;
  for r in select * from (values ('notice', 'made_at'), ('duty', 'done_at'), ('alarm', 'done_at'), ('django_session', 'expire_date'),
             ('axes_accessattempt', 'attempt_time'), ('axes_accessfailurelog', 'attempt_time'), ('axes_accesslog', 'attempt_time'),
             ('invitation', 'expires_at'), ('sign_in_memory', 'expires_at'), ('site_warning', 'expires_at')) x(t, c) loop
    if days ? r.t and to_regclass('public.' || r.t) is not null then
      if r.t = 'axes_accessattempt' then
        delete from axes_accessattemptexpiration where access_attempt_id in (select id from axes_accessattempt
          where attempt_time < wall.now() - make_interval(days => (days->>r.t)::int));
      end if;
      execute format('delete from %I where %I < $1', r.t, r.c) using wall.now() - make_interval(days => (days->>r.t)::int);
      get diagnostics m = row_count;
      n := n + m;
    end if;
  end loop;
  if days ? 'site_contact' then
    delete from site_contact k where k.ended_on < wall.today() - (days->>'site_contact')::int
       and not exists (select 1 from site_warning s where s.contact_id = k.id);
    get diagnostics m = row_count;
    n := n + m;
  end if;
  if days ? 'export_request' then
    delete from export_approval a using export_request q where q.id = a.request_id
       and q.asked_at < wall.now() - make_interval(days => (days->>'export_request')::int);
    delete from export_request where asked_at < wall.now() - make_interval(days => (days->>'export_request')::int);
    get diagnostics m = row_count;
    n := n + m;
  end if;
  return n;
end $$;
