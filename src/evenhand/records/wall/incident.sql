-- Hate incidents: who may open a row follows from who recorded it and who answers for its area; whoever is barred sees
-- nothing of it. There is no index of persons here, and nothing leads to a case.

create function wall.holds_at(roles text[], a uuid) returns boolean language plpgsql stable security definer
set search_path = public, pg_temp as $$
begin
  return (select exists (select 1 from wall.holdings() h where h.role = any (roles) and h.agency_id = a));
end $$;

-- Areas. Coordinators and responders of whoever answers for an area, or for one that contains it, may open what is there.
create function wall.area_audience(answers uuid, force uuid, above text) returns int[] language plpgsql security definer
set search_path = public, pg_temp as $$
declare found int[] := '{}'; a uuid; r text;
begin
  foreach a in array array[answers, force] loop
    if a is not null then
      foreach r in array array['hate_crime_coordinator', 'responder'] loop
        found := found || wall.group_for(r, a);
      end loop;
    end if;
  end loop;
  if above is not null then
    found := found || (select w.aud from watch_area w where w.code = above);
  end if;
  return array(select distinct x from unnest(found) x where x is not null order by x);
end $$;
create function wall.area_stamp() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
declare above text := new.parent_id; steps int := 0;
begin
  while above is not null loop
    steps := steps + 1;
    if above = new.code or steps > 20 then
      raise exception 'an area cannot contain itself' using errcode = '23514';
    end if;
    select parent_id into above from watch_area where code = above;
  end loop;
  new.aud := wall.area_audience(new.answers_id, new.force_id, new.parent_id);
  return new;
end $$;
create function wall.area_done() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if new.aud is distinct from old.aud then
    update watch_area set label = label where parent_id = new.code;
    update incident set area_id = area_id where area_id = new.code;
    update watch_series set area_id = area_id where area_id = new.code;
    update alarm_episode set area_id = area_id where area_id = new.code;
  end if;
  return null;
end $$;
create trigger a_stamp before insert or update on watch_area for each row execute function wall.area_stamp();
create trigger z_done after update on watch_area for each row execute function wall.area_done();
alter table watch_area enable row level security;
alter table watch_area force row level security;
create policy see on watch_area for select to evenhand_app using ((select wall.who()) is not null);
create policy put on watch_area for insert to evenhand_app with check (
  (select wall.holds('administrator')) or wall.holds_at(array['hate_crime_coordinator', 'incident_recorder'], coalesce(answers_id, force_id)));
create policy mend on watch_area for update to evenhand_app
  using ((select wall.holds('administrator')) or wall.holds_at(array['hate_crime_coordinator'], coalesce(answers_id, force_id)))
  with check ((select wall.holds('administrator')) or wall.holds_at(array['hate_crime_coordinator'], coalesce(answers_id, force_id)));
create policy house on watch_area for select to evenhand_worker using ((select wall.is_house()));
create policy inside on watch_area to evenhand_owner using (true) with check (true);
grant select, insert, update on watch_area to evenhand_app;
grant select on watch_area to evenhand_worker;

-- Incidents.
create function wall.incident_stamp() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
declare w uuid := wall.who(); found int[];
begin
  if tg_op = 'UPDATE' and new.live is distinct from old.live then
    return new;
  end if;
  if tg_op = 'INSERT' then
    new.bar := '{}';
    new.version := 1;
    if w is not null then
      new.written_by := w;
      new.written_at := wall.now();
      new.known_on := wall.today();
      new.live := new.run_id is null;
      if new.run_id is null then
        new.system := '';
        new.fingerprint := null;
        new.recorded_on := wall.today();
      end if;
      if w = wall.door() then
        new.source := 'public';
        select coalesce(a.force_id, a.answers_id) into new.agency_id from watch_area a where a.code = new.area_id;
      end if;
    end if;
  end if;
  found := array[wall.group_for('incident_recorder', new.agency_id), wall.group_for('hate_crime_coordinator', new.agency_id)]
           || (select a.aud from watch_area a where a.code = new.area_id);
  new.aud := array(select distinct x from unnest(found) x where not x = any (new.bar) order by x);
  return new;
end $$;
-- Nothing is edited away: what a row said before stands beside it.
create function wall.incident_kept() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if new.version is distinct from old.version then
    new.version := old.version + 1;
    insert into incident_version (id, incident_id, version, before, sealed, changed_by, changed_at)
    values (gen_random_uuid(), old.id, old.version,
            to_jsonb(old) - array['aud', 'bar', 'sealed', 'fingerprint', 'live', 'written_by', 'written_at'],
            old.sealed, wall.who(), wall.now());
  elsif (to_jsonb(new) - array['aud', 'bar', 'live']) is distinct from (to_jsonb(old) - array['aud', 'bar', 'live']) then
    raise exception 'a correction counts the version on' using errcode = '42501';
  end if;
  return new;
end $$;
create trigger a_stamp before insert or update on incident for each row execute function wall.incident_stamp();
create trigger b_kept before update on incident for each row execute function wall.incident_kept();
alter table incident enable row level security;
alter table incident force row level security;
create policy see on incident for select to evenhand_app
  using (aud && (select wall.groups()) and (bar = '{}' or not bar && (select wall.groups()))
         and (live or written_by = (select wall.who())));
create policy put on incident for insert to evenhand_app with check (
  wall.holds_at(array['incident_recorder', 'hate_crime_coordinator'], agency_id) or (select wall.who()) = (select wall.door()));
create policy mend on incident for update to evenhand_app
  using (aud && (select wall.groups()) and (bar = '{}' or not bar && (select wall.groups()))
         and ((select wall.holds('hate_crime_coordinator')) or wall.holds_at(array['incident_recorder'], agency_id)))
  with check (true);
create policy inside on incident to evenhand_owner using (session_user <> 'evenhand_owner')
  with check (session_user <> 'evenhand_owner');
grant select, insert on incident to evenhand_app;
grant update (area_id, source, strands, religions, crime, offence_group, rule, occurred_on, occurred_until, reported_on, place_kind,
              online, wishes, repeat_victim, site_id, trigger_id, holds_personal_data, personal_ground, review_on,
              duplicate_of_id, erased_at, sealed, version) on incident to evenhand_app;

create function wall.sees_incident(i uuid) returns boolean language plpgsql stable security definer
set search_path = public, pg_temp as $$
declare g int[] := wall.groups();
begin
  return (select exists (select 1 from incident x where x.id = i and x.aud && g and not x.bar && g));
end $$;

alter table incident_version enable row level security;
alter table incident_version force row level security;
create policy see on incident_version for select to evenhand_app using (wall.sees_incident(incident_id));
create policy inside on incident_version to evenhand_owner using (session_user <> 'evenhand_owner')
  with check (session_user <> 'evenhand_owner');
grant select on incident_version to evenhand_app;

create function wall.decided_by() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
declare w uuid := wall.who();
begin
  if w is not null then
    if tg_table_name = 'incident_pair' then
      new.decided_by := w;
      new.decided_at := wall.now();
    elsif tg_table_name = 'incident_bar' then
      new.set_by := w;
      new.set_at := wall.now();
    elsif tg_table_name = 'import_run' then
      new.began_by := w;
      new.began_at := wall.now();
      new.finished_at := null;
    elsif tg_table_name = 'trigger_event' then
      new.written_by := w;
      new.written_at := wall.now();
      new.leniency := greatest(1.0, new.leniency);
    elsif tg_table_name = 'alarm_answer' then
      new.answered_by := w;
      new.answered_at := wall.now();
    end if;
  end if;
  return new;
end $$;

create trigger a_stamp before insert on incident_pair for each row execute function wall.decided_by();
alter table incident_pair enable row level security;
alter table incident_pair force row level security;
create policy see on incident_pair for select to evenhand_app
  using (wall.sees_incident(first_id) and wall.sees_incident(second_id));
create policy put on incident_pair for insert to evenhand_app
  with check (wall.sees_incident(first_id) and wall.sees_incident(second_id)
              and ((select wall.holds('hate_crime_coordinator')) or (select wall.holds('incident_recorder'))));
create policy inside on incident_pair to evenhand_owner using (session_user <> 'evenhand_owner')
  with check (session_user <> 'evenhand_owner');
grant select, insert on incident_pair to evenhand_app;

-- Whoever has an interest says so and is gone from the incident; a coordinator keeps somebody out who is near to it. A
-- coordinator must remain who may open it, so that nobody can blind a team by naming it.
create function wall.bar_done() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
declare x incident; p int := wall.personal_group(new.practitioner_id); day date := wall.today();
begin
  select * into x from incident where id = new.incident_id;
  if not exists (
    select 1 from role_holding h join audience_group g on g.agency_id = h.agency_id and g.role = h.role and g.practitioner_id is null
      join practitioner k on k.id = h.practitioner_id and k.active
     where h.role = 'hate_crime_coordinator' and g.id = any (x.aud) and h.from_date <= day and (h.to_date is null or h.to_date >= day)
       and h.practitioner_id <> new.practitioner_id and not k.personal_group = any (x.bar)) then
    raise exception 'nobody would be left' using errcode = '23514';
  end if;
  update incident set bar = array(select distinct b from unnest(bar || p) b order by b) where id = new.incident_id;
  return null;
end $$;
create trigger a_stamp before insert on incident_bar for each row execute function wall.decided_by();
create trigger z_done after insert on incident_bar for each row execute function wall.bar_done();
alter table incident_bar enable row level security;
alter table incident_bar force row level security;
create policy put on incident_bar for insert to evenhand_app
  with check (wall.sees_incident(incident_id)
              and (practitioner_id = (select wall.who()) or (select wall.holds('hate_crime_coordinator'))));
create policy inside on incident_bar to evenhand_owner using (session_user <> 'evenhand_owner')
  with check (session_user <> 'evenhand_owner');
grant insert on incident_bar to evenhand_app;

-- Files that were brought in.
create trigger a_stamp before insert on import_run for each row execute function wall.decided_by();
alter table import_run enable row level security;
alter table import_run force row level security;
create policy see on import_run for select to evenhand_app
  using (wall.holds_at(array['incident_recorder', 'hate_crime_coordinator'], agency_id));
create policy put on import_run for insert to evenhand_app
  with check (wall.holds_at(array['incident_recorder', 'hate_crime_coordinator'], agency_id));
create policy mend on import_run for update to evenhand_app
  using (wall.holds_at(array['incident_recorder', 'hate_crime_coordinator'], agency_id));
create policy inside on import_run to evenhand_owner using (session_user <> 'evenhand_owner')
  with check (session_user <> 'evenhand_owner');
grant select, insert, update (taken, faults) on import_run to evenhand_app;
-- Which rows of a list an agency has taken in before, barred ones included; asked with marks that only this instance can make.
create function wall.incidents_taken(a uuid, marks text[]) returns setof text language plpgsql stable security definer
set search_path = public, pg_temp as $$
begin
  if wall.holds_at(array['incident_recorder', 'hate_crime_coordinator'], a) then
    return query select i.fingerprint::text from incident i where i.agency_id = a and i.fingerprint = any (marks);
  end if;
end $$;
-- The whole of a file stands: from now on its incidents are shown and counted.
create function wall.finish_run(r uuid) returns void language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if not exists (select 1 from import_run x where x.id = r
                  and wall.holds_at(array['incident_recorder', 'hate_crime_coordinator'], x.agency_id)) then
    raise exception 'no such run' using errcode = 'P0002';
  end if;
  update incident set live = true where run_id = r and not live;
  update import_run set finished_at = coalesce(finished_at, wall.now()) where id = r;
end $$;

-- Events that may move counts.
create trigger a_stamp before insert on trigger_event for each row execute function wall.decided_by();
alter table trigger_event enable row level security;
alter table trigger_event force row level security;
alter table trigger_event add constraint trigger_never_silences check (leniency >= 1);
create policy see on trigger_event for select to evenhand_app
  using ((select wall.who()) is not null and (select wall.who()) <> (select wall.door()));
create policy put on trigger_event for insert to evenhand_app with check ((select wall.holds('hate_crime_coordinator')));
create policy mend on trigger_event for update to evenhand_app
  using ((select wall.holds('hate_crime_coordinator'))) with check ((select wall.holds('hate_crime_coordinator')));
create policy house on trigger_event for select to evenhand_worker using ((select wall.is_house()));
create policy inside on trigger_event to evenhand_owner using (true) with check (true);
grant select, insert, update (withdrawn_at) on trigger_event to evenhand_app;
grant select on trigger_event to evenhand_worker;

-- Counts for the watch: the worker gets numbers by area, strand, day and age of the report, and no row. A record that
-- somebody found to be the same as another counts once, an erased one still counts.
create function wall.incident_counts(basis text, since date) returns table (area text, strand text, day date, age int, number bigint)
language plpgsql stable security definer set search_path = public, pg_temp as $$
begin
  if not wall.is_house() then
    return;
  end if;
  return query
    with kept as (
      select i.area_id::text as a, case basis when 'occurred' then i.occurred_on when 'reported' then coalesce(i.reported_on, i.recorded_on)
             else i.recorded_on end as d, i.known_on, i.strands, i.religions
        from incident i where i.live and i.duplicate_of_id is null),
    told as (
      select k.a, 'all' as s, k.d, k.known_on from kept k
      union all select k.a, x, k.d, k.known_on from kept k, unnest(k.strands) x
      union all select k.a, 'religion.' || x, k.d, k.known_on from kept k, unnest(k.religions) x)
    select t.a, t.s::text, t.d, greatest(0, t.known_on - t.d), count(*) from told t where t.d >= since group by 1, 2, 3, 4;
end $$;

-- What the watch remembers, and what it tells.
create function wall.of_area() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  select a.aud into new.aud from watch_area a where a.code = new.area_id;
  return new;
end $$;
create trigger a_stamp before insert or update on watch_series for each row execute function wall.of_area();
create trigger a_stamp before insert or update on alarm_episode for each row execute function wall.of_area();
alter table watch_run enable row level security;
alter table watch_run force row level security;
create policy see on watch_run for select to evenhand_app
  using ((select wall.who()) is not null and (select wall.who()) <> (select wall.door()));
create policy house on watch_run to evenhand_worker using ((select wall.is_house())) with check ((select wall.is_house()));
create policy inside on watch_run to evenhand_owner using (session_user <> 'evenhand_owner') with check (session_user <> 'evenhand_owner');
grant select (id, day, ran_at, version, settings, settings_hash, rate) on watch_run to evenhand_app;
grant select, insert, update on watch_run to evenhand_worker;
alter table watch_series enable row level security;
alter table watch_series force row level security;
create policy see on watch_series for select to evenhand_app using (aud && (select wall.groups()));
create policy house on watch_series to evenhand_worker using ((select wall.is_house())) with check ((select wall.is_house()));
create policy inside on watch_series to evenhand_owner using (session_user <> 'evenhand_owner') with check (session_user <> 'evenhand_owner');
grant select on watch_series to evenhand_app;
grant select, insert, update, delete on watch_series to evenhand_worker;
alter table alarm_episode enable row level security;
alter table alarm_episode force row level security;
create policy see on alarm_episode for select to evenhand_app using (aud && (select wall.groups()));
create policy house on alarm_episode to evenhand_worker using ((select wall.is_house())) with check ((select wall.is_house()));
create policy inside on alarm_episode to evenhand_owner using (session_user <> 'evenhand_owner') with check (session_user <> 'evenhand_owner');
grant select on alarm_episode to evenhand_app;
grant select, insert, update on alarm_episode to evenhand_worker;
create function wall.sees_episode(e uuid) returns boolean language plpgsql stable security definer set search_path = public, pg_temp as $$
declare g int[] := wall.groups();
begin
  return (select exists (select 1 from alarm_episode x where x.id = e and x.aud && g));
end $$;
alter table alarm_revision enable row level security;
alter table alarm_revision force row level security;
create policy see on alarm_revision for select to evenhand_app using (wall.sees_episode(episode_id));
create policy house on alarm_revision to evenhand_worker using ((select wall.is_house())) with check ((select wall.is_house()));
create policy inside on alarm_revision to evenhand_owner using (session_user <> 'evenhand_owner') with check (session_user <> 'evenhand_owner');
grant select on alarm_revision to evenhand_app;
grant select, insert on alarm_revision to evenhand_worker;
-- The alarms that go on in an area that was merged or split: what each said is kept beside it; those of a merged one end.
create function wall.area_changed(changed text, reason text) returns int language plpgsql security definer
set search_path = public, pg_temp as $$
declare w watch_area; marked int;
begin
  select * into w from watch_area a where a.code = changed and a.until is not null;
  if w.code is null or not (wall.holds('administrator')
      or wall.holds_at(array['hate_crime_coordinator'], coalesce(w.answers_id, w.force_id))) then
    raise exception 'no such area' using errcode = 'P0002';
  end if;
  insert into alarm_revision (id, episode_id, revised_at, why, before)
    select gen_random_uuid(), e.id, wall.now(), left(reason, 200), jsonb_build_object(
             'began', e.began, 'last_on', e.last_on, 'ended_on', e.ended_on, 'window_days', e.window_days,
             'observed', e.observed, 'expected', e.expected, 'p_value', e.p_value, 'stands', e.stands)
      from alarm_episode e where e.area_id = changed and e.ended_on is null;
  get diagnostics marked = row_count;
  update alarm_episode
     set revised_at = wall.now(), ended_on = case when w.became_id is not null then greatest(w.until, last_on) end
   where area_id = changed and ended_on is null;
  return marked;
end $$;
create trigger a_stamp before insert on alarm_answer for each row execute function wall.decided_by();
alter table alarm_answer enable row level security;
alter table alarm_answer force row level security;
create policy see on alarm_answer for select to evenhand_app using (wall.sees_episode(episode_id));
create policy put on alarm_answer for insert to evenhand_app
  with check (wall.sees_episode(episode_id) and (select wall.holds('hate_crime_coordinator')));
create policy inside on alarm_answer to evenhand_owner using (session_user <> 'evenhand_owner') with check (session_user <> 'evenhand_owner');
grant select, insert on alarm_answer to evenhand_app;
alter table incident_figure enable row level security;
alter table incident_figure force row level security;
create policy see on incident_figure for select to evenhand_app
  using ((select wall.who()) is not null and (select wall.who()) <> (select wall.door()));
create policy house on incident_figure to evenhand_worker using ((select wall.is_house())) with check ((select wall.is_house()));
create policy inside on incident_figure to evenhand_owner using (session_user <> 'evenhand_owner') with check (session_user <> 'evenhand_owner');
grant select on incident_figure to evenhand_app;
grant select, insert, delete on incident_figure to evenhand_worker;

-- Lines of the ledger about an incident: openings under its key, erased with it.
create function wall.append_to_incident(i uuid, lines bytea[], sealed bytea[]) returns void language plpgsql security definer
set search_path = public, pg_temp as $$
begin
  if not wall.sees_incident(i) and not wall.is_house() then
    raise exception 'no such incident' using errcode = 'P0002';
  end if;
  insert into entry_of (entry_id, case_id) select n, i from wall.put_lines(lines, sealed) n;
end $$;
grant execute on function wall.holds_at(text[], uuid), wall.sees_incident(uuid), wall.incidents_taken(uuid, text[]),
  wall.finish_run(uuid), wall.append_to_incident(uuid, bytea[], bytea[]), wall.sees_episode(uuid), wall.area_changed(text, text)
  to evenhand_app;
grant execute on function wall.incident_counts(text, date) to evenhand_worker;
