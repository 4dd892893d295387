-- The response to hate incidents: sites, plans, promises. Rows are about areas and places; none is about a person, and
-- nothing leads from here to a case or from what a contact says to a report.

-- Who writes here: whoever holds one of the two roles that protect.
create function wall.protects() returns boolean language sql stable security definer set search_path = public, pg_temp as $$
  select exists (select 1 from wall.holdings() h where h.role in ('responder', 'protection_planner'))
$$;
-- Agencies that answer for an area or for one that contains it.
create function wall.answering(a text) returns uuid[] language sql stable security definer set search_path = public, pg_temp as $$
  with recursive up as (
    select code, parent_id, answers_id, force_id, 0 as steps from watch_area where code = a
    union all
    select w.code, w.parent_id, w.answers_id, w.force_id, up.steps + 1 from watch_area w join up on w.code = up.parent_id and up.steps < 20)
  select coalesce(array_agg(distinct x), '{}') from up, unnest(array[answers_id, force_id]) x where x is not null
$$;
create function wall.groups_at(roles text[], agencies uuid[]) returns int[] language plpgsql security definer
set search_path = public, pg_temp as $$
declare found int[] := '{}'; a uuid; r text;
begin
  foreach a in array agencies loop
    foreach r in array roles loop
      found := found || wall.group_for(r, a);
    end loop;
  end loop;
  return found;
end $$;
-- Who sees a row: those who answer for its area. What makes a site weak is for planners and for the officer who wrote it
-- down or is named in a plan that is in force; coordinators and responders do not need it.
create function wall.area_row_stamp() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
declare w uuid := wall.who(); there uuid[]; roles text[] := array['responder', 'protection_planner', 'hate_crime_coordinator'];
begin
  if w is not null then
    if tg_op = 'INSERT' then
      new.written_by := w;
      new.written_at := wall.now();
    else
      new.written_by := old.written_by;
      new.written_at := old.written_at;
    end if;
  end if;
  there := wall.answering(new.area_id);
  if tg_table_name = 'site_weakness' then
    roles := array['protection_planner'];
  end if;
  new.aud := wall.groups_at(roles, there);
  if tg_table_name = 'site_weakness' then
    new.aud := new.aud || array(select wall.personal_group(p.officer_id) from protection_plan p
                                 where p.site_id = new.site_id and p.ended_on is null);
  elsif tg_table_name = 'protection_plan' then
    new.aud := new.aud || wall.personal_group(new.officer_id);
  elsif tg_table_name = 'patrol_visit' and tg_op = 'UPDATE' and w is not null then
    if new.done_at is distinct from old.done_at then
      -- What was done is said once, by whoever says it.
      if old.done_at is not null then
        raise exception 'a visit is logged once' using errcode = '42501';
      end if;
      new.done_by := w;
    end if;
  elsif tg_table_name = 'patrol_rota' and tg_op = 'UPDATE' and w is not null then
    if new.agreed_at is distinct from old.agreed_at then
      new.agreed_by := w;
      new.agreed_at := coalesce(old.agreed_at, wall.now());
    end if;
  elsif tg_table_name = 'site_contact' and tg_op = 'INSERT' then
    -- A handful of people to ring, not a list of a congregation.
    if (select count(*) from site_contact c where c.site_id = new.site_id and c.ended_on is null) >= 5 then
      raise exception 'a site has at most five contacts' using errcode = '23514';
    end if;
  end if;
  new.aud := array(select distinct x from unnest(new.aud) x where x is not null order by x);
  return new;
end $$;
-- A row that hangs on another is about the same area.
create function wall.same_area(t text, r jsonb) returns boolean language plpgsql stable security definer
set search_path = public, pg_temp as $$
declare named text;
begin
  if r ->> 'site_id' is not null then
    select area_id into named from site where id = (r ->> 'site_id')::uuid;
  elsif r ->> 'application_id' is not null then
    select area_id into named from grant_application where id = (r ->> 'application_id')::uuid;
  elsif r ->> 'commitment_id' is not null then
    select area_id into named from commitment where id = (r ->> 'commitment_id')::uuid;
  elsif t = 'impact_assessment' then
    select area_id into named from response where id = (r ->> 'response_id')::uuid;
  else
    return true;
  end if;
  return coalesce(named = r ->> 'area_id', false);
end $$;
{area_rows}
-- An area that somebody else answers for from now on takes its rows with it: to those who do, and from those who did.
create function wall.area_rows_again() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
declare t text;
begin
  foreach t in array array[{area_tables}] loop
    execute format('update %I set area_id = area_id where area_id = $1', t) using new.code;
  end loop;
  return null;
end $$;
create trigger z_rows after update on watch_area for each row when (new.aud is distinct from old.aud)
  execute function wall.area_rows_again();
-- The officer who is named in a plan sees the weaknesses from then on.
create function wall.plan_done() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  update site_weakness set mended_on = mended_on where site_id = new.site_id;
  return null;
end $$;
create trigger z_done after insert or update on protection_plan for each row execute function wall.plan_done();

-- What a person decided to forget goes with all that hangs on it. The decision stands first, of today and by whoever asks, and
-- what is not over cannot be forgotten; how long it is kept after that is the policy's.
create function wall.forget_place(k text, n uuid) returns int language plpgsql security definer set search_path = public, pg_temp as $$
declare gone int := 0; m int; may boolean := false; t text; d place_keeping;
begin
  select * into d from place_keeping p where p.kind = k and p.about = n and p.forgotten_on = wall.today()
     and p.written_by = wall.who();
  if k = 'site' then
    select s.aud && wall.groups() and s.closed_on is not null and s.area_id = d.area_id into may from site s where s.id = n;
  elsif k = 'response' then
    select s.aud && wall.groups() and s.ended_on is not null and s.area_id = d.area_id into may from response s where s.id = n;
  elsif k = 'tension_summary' then
    select s.aud && wall.groups() and s.week_begins < wall.today() - 7 and s.area_id = d.area_id into may from tension_summary s
     where s.id = n;
  elsif k = 'commitment' then
    select s.aud && wall.groups() and s.area_id = d.area_id and (select x.state in ('kept', 'not_kept') from commitment_step x
       where x.commitment_id = n order by x.written_at desc limit 1) into may from commitment s where s.id = n;
  end if;
  if d.id is null or not coalesce(may, false) or not wall.protects() then
    raise exception 'there is nothing to forget here' using errcode = '42501';
  end if;
  if k = 'site' then
    delete from grant_step where application_id in (select id from grant_application where site_id = n);
    get diagnostics m = row_count;
    gone := gone + m;
    foreach t in array array['site_warning', 'patrol_visit', 'site_contact', 'site_time', 'site_weakness', 'protection_plan',
                             'grant_application'] loop
      execute format('delete from %I where site_id = $1', t) using n;
      get diagnostics m = row_count;
      gone := gone + m;
    end loop;
  elsif k = 'response' then
    update commitment set response_id = null where response_id = n;
    delete from impact_assessment where response_id = n;
    get diagnostics gone = row_count;
  elsif k = 'commitment' then
    delete from commitment_step where commitment_id = n;
    get diagnostics gone = row_count;
  end if;
  execute format('delete from %I where id = $1', k) using n;
  update place_keeping set rows = gone + 1 where id = d.id;
  return gone + 1;
end $$;

-- A contact reads one warning by a link, and says that they have; the link opens nothing else and names no case.
create function wall.open_warning(hash bytea) returns table (id uuid, site_id uuid, sealed bytea, sent_at timestamptz,
  acknowledged_at timestamptz, officer text, agency text) language plpgsql stable security definer
set search_path = public, pg_temp as $$
begin
  return query
    select w.id, w.site_id, w.sealed, w.written_at, w.acknowledged_at, p.name::text, a.name::text
      from site_warning w join practitioner p on p.id = w.officer_id join agency a on a.id = p.agency_id
     where w.token_hash = hash and w.withdrawn_at is null and w.expires_at > wall.now();
end $$;
create function wall.acknowledge_warning(hash bytea, answer bytea) returns boolean language plpgsql security definer
set search_path = public, pg_temp as $$
begin
  update site_warning set acknowledged_at = wall.now(), sealed_answer = answer
   where token_hash = hash and withdrawn_at is null and expires_at > wall.now() and acknowledged_at is null;
  return found;
end $$;

-- Promises that anybody may read, with what became of them.
create function wall.public_commitments(most int, skipped int) returns table (area text, what text, by_whom text, made_on date,
  due_on date, first_due_on date, state text, state_on date, words text) language plpgsql stable security definer
set search_path = public, pg_temp as $$
begin
  if wall.who() is null then
    return;
  end if;
  return query
    select w.label::text, c.what::text, c.by_whom::text, c.made_on, coalesce(d.due_on, c.due_on), c.due_on, coalesce(s.state, 'promised')::text,
           s.on_day, coalesce(s.words, '')::text
      from commitment c join watch_area w on w.code = c.area_id
      left join lateral (select x.state, x.on_day, x.words from commitment_step x where x.commitment_id = c.id
                          order by x.written_at desc, x.id limit 1) s on true
      left join lateral (select x.due_on from commitment_step x where x.commitment_id = c.id and x.due_on is not null
                          order by x.written_at desc, x.id limit 1) d on true
     where c.public
     order by (coalesce(s.state, 'promised') in ('kept', 'not_kept')), coalesce(d.due_on, c.due_on), c.id
     limit least(most, 200) offset greatest(skipped, 0);
end $$;
create function wall.public_commitment_count() returns bigint language sql stable security definer
set search_path = public, pg_temp as $$ select count(*) from commitment where public and wall.who() is not null $$;
-- Protected figures of incidents are the same for everybody, strangers too.
create function wall.public_incident_figures() returns table ("table" text, key jsonb, value int, computed_at timestamptz)
language plpgsql stable security definer set search_path = public, pg_temp as $$
begin
  if wall.who() is null then
    return;
  end if;
  return query select f."table"::text, f.key, f.value, f.computed_at from incident_figure f order by f.id;
end $$;
-- Days of an area for a comparison, as they are.
-- For whoever may open the incidents of the area, and for nobody else: windows of days that somebody chooses can be
-- taken from one another until a single day, and a single incident, is left. No threshold on each answer prevents that.
create function wall.sees_area_days(a text) returns boolean language sql stable security definer set search_path = public, pg_temp as $$
  select exists (select 1 from watch_area w where w.code = a and w.aud && wall.groups())
$$;
create function wall.area_days(a text, s text, since date, until date) returns table (day date, number bigint)
language plpgsql stable security definer set search_path = public, pg_temp as $$
begin
  if not wall.sees_area_days(a) then
    return;
  end if;
  return query
    with recursive down as (
      select code, 0 as steps from watch_area where code = a
      union all
      select w.code, down.steps + 1 from watch_area w
        join down on coalesce(w.became_id, w.parent_id) = down.code and down.steps < 20)
    select i.occurred_on, count(*) from incident i
     where i.area_id in (select code from down) and i.live and i.duplicate_of_id is null and i.occurred_on between since and until
       and (s = 'all' or s = any (i.strands) or (s like 'religion.%' and substr(s, 10) = any (i.religions)))
     group by 1;
end $$;
grant execute on function wall.sees_area_days(text), wall.area_days(text, text, date, date) to evenhand_app;
grant execute on function wall.forget_place(text, uuid), wall.protects(), wall.same_area(text, jsonb), wall.open_warning(bytea), wall.acknowledge_warning(bytea, bytea),
  wall.public_commitments(int, int), wall.public_commitment_count(), wall.public_incident_figures() to evenhand_app;
