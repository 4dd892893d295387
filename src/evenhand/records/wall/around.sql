-- Tables around cases: the partnership, meetings, duties, notices, drafts, figures.

-- The partnership is known to everybody who has come in, the public door included for agencies and areas.
{partnership}
create function wall.own_group() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  update practitioner set personal_group = wall.personal_group(new.id) where id = new.id;
  return null;
end $$;
create trigger a_group after insert on practitioner for each row execute function wall.own_group();
create function wall.held_group() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  perform wall.group_for(new.role, new.agency_id);
  return null;
end $$;
create trigger b_own_hand before insert on role_holding for each row execute function wall.own_hand();
create trigger a_group after insert on role_holding for each row execute function wall.held_group();
alter table audience_group enable row level security;
alter table audience_group force row level security;
create policy see on audience_group for select to evenhand_app
  using ((select wall.who()) is not null and (select wall.who()) <> (select wall.door()));
create policy inside on audience_group to evenhand_owner using (true) with check (true);
grant select on audience_group to evenhand_app;
grant select on practitioner to evenhand_signin;

-- People of cases: a bare id, put in by an act.
alter table person enable row level security;
alter table person force row level security;
create policy put on person for insert to evenhand_app with check ((select wall.who()) is not null);
create policy inside on person to evenhand_owner using (session_user <> 'evenhand_owner') with check (session_user <> 'evenhand_owner');
create policy house on person to evenhand_worker using ((select wall.is_house())) with check ((select wall.is_house()));
grant insert on person to evenhand_app;

-- Sight is given by somebody who has it.
create policy own on access_grant as restrictive for insert to evenhand_app
  with check (wall.made_here(case_id) or exists (select 1 from case_part p where p.case_id = access_grant.case_id and p.part = of_part));

-- Meetings and seats: the panel of one agency, and whoever sits.
create function wall.meeting_audience(m uuid, a uuid) returns int[] language sql security definer set search_path = public, pg_temp as $$
  select array(select distinct x from (
    -- A panel, a table, whatever a country calls it: its roles end in _chair, _coordinator and _member.
    select wall.group_for(n.name || r, a) x from (select distinct substring(h.role from '^(.*)_(?:chair|coordinator|member)$') as name
      from role_holding h where h.agency_id = a) n, unnest(array['_chair', '_coordinator', '_member']) r where n.name is not null
    union select wall.personal_group(s.practitioner_id) from seat s where s.meeting_id = m
    union select wall.personal_group(k.chair_id) from meeting k where k.id = m) y order by x)
$$;
-- The panel's chair and coordinator call its meetings and keep their minutes.
create function wall.calls_at(a uuid) returns boolean language sql stable security definer set search_path = public, pg_temp as $$
  select exists (select 1 from wall.holdings() h where h.agency_id = a and h.role ~ '_(chair|coordinator)$')
$$;
create function wall.runs_meeting(m uuid) returns boolean language sql stable security definer set search_path = public, pg_temp as $$
  select exists (select 1 from meeting k where k.id = m and wall.calls_at(k.agency_id))
$$;
create function wall.speaks(i uuid, p uuid, a uuid) returns boolean language sql stable security definer set search_path = public, pg_temp as $$
  select exists (select 1 from agenda_item x join seat s on s.meeting_id = x.meeting_id and s.attended
                  where x.id = i and s.practitioner_id = p and s.agency_id = a and (p = wall.who() or wall.runs_meeting(x.meeting_id)))
$$;
create policy own on agenda_item as restrictive for insert to evenhand_app with check (wall.runs_meeting(meeting_id));
create policy own on panel_view as restrictive for insert to evenhand_app with check (wall.speaks(item_id, practitioner_id, agency_id));
create function wall.meeting_stamp() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if tg_table_name = 'meeting' then
    if tg_op = 'INSERT' and wall.who() is not null then
      new.called_by := wall.who();
      new.called_at := wall.now();
    end if;
    new.aud := array(select distinct x from unnest(wall.meeting_audience(new.id, new.agency_id)
                       || wall.personal_group(new.called_by) || wall.personal_group(new.chair_id)) x order by x);
  else
    select m.aud || wall.personal_group(new.practitioner_id) into new.aud from meeting m where m.id = new.meeting_id;
  end if;
  return new;
end $$;
create function wall.seat_done() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  update meeting set starts_at = starts_at where id = new.meeting_id;
  return null;
end $$;
create trigger a_stamp before insert or update on meeting for each row execute function wall.meeting_stamp();
create trigger a_stamp before insert or update on seat for each row execute function wall.meeting_stamp();
create trigger z_done after insert on seat for each row execute function wall.seat_done();
{meetings}
grant update (starts_at, "where", chair_id, closed_at) on meeting to evenhand_app;
grant update (attended) on seat to evenhand_app;

-- Duties go in with the act and are read by the worker alone; notices are read by whom they are for.
alter table duty enable row level security;
alter table duty force row level security;
-- What the house owes follows from an act on a case that whoever acts may act on, or from an alarm. Letters are the
-- worker's own to write, and nobody takes the name under which it would say something later.
create policy put on duty for insert to evenhand_app
  with check ((select wall.who()) is not null and kind <> 'mail' and once !~ '^(silent|mail|letter):'
              and case when case_id is null then kind = 'alarm' else wall.may_put(case_id) end);
create policy house on duty to evenhand_worker using ((select wall.is_house())) with check ((select wall.is_house()));
create policy inside on duty to evenhand_owner using (session_user <> 'evenhand_owner') with check (session_user <> 'evenhand_owner');
grant insert on duty to evenhand_app;
grant select, update on duty to evenhand_worker;
-- Letters of sign-in (an invitation, a new password) are owed by the sign-in role, sealed, and read by the worker alone.
create function wall.post_letter(n uuid, sealed text) returns void language sql security definer set search_path = public, pg_temp as $$
  insert into duty (id, kind, contents, once, due_at, tries, trouble)
  values (n, 'mail', jsonb_build_object('sealed', sealed), 'letter:' || n, statement_timestamp(), 0, '')
$$;
-- Asked by the number of a notice and not of a case: nobody can ask it whether they are barred from something.
create function wall.still_tells(n uuid) returns boolean language plpgsql stable security definer set search_path = public, pg_temp as $$
begin
  return exists (select 1 from notice x where x.id = n and x.practitioner_id = wall.who()
                    and not exists (select 1 from wall.case_bar b where b.case_id = x.case_id and b.viewer_group = any (wall.groups()))
                    -- Of a case that is set apart only its keepers hear.
                    and (x.case_id is null or coalesce(wall.keepers(x.case_id) && wall.groups(), true)));
end $$;
alter table notice enable row level security;
alter table notice force row level security;
create policy see on notice for select to evenhand_app
  using (practitioner_id = (select wall.who()) and (case_id is null or wall.still_tells(id)));
create policy mend on notice for update to evenhand_app
  using (practitioner_id = (select wall.who()) and (case_id is null or wall.still_tells(id)));
create policy house on notice to evenhand_worker using ((select wall.is_house())) with check ((select wall.is_house()));
grant select, update (read_at) on notice to evenhand_app;
grant insert on notice to evenhand_worker;

alter table heartbeat enable row level security;
create policy see on heartbeat for select to evenhand_app using (true);
create policy put on heartbeat to evenhand_worker using (true) with check (true);
grant select on heartbeat to evenhand_app;
grant insert, update on heartbeat to evenhand_worker;

-- Figures: raw cells for the counting job alone, protected figures for everybody who has come in, alike.
alter table counted_case enable row level security;
alter table counted_case force row level security;
create policy house on counted_case for select to evenhand_worker using ((select wall.is_house()));
create policy inside on counted_case to evenhand_owner using (session_user <> 'evenhand_owner') with check (session_user <> 'evenhand_owner');
grant select on counted_case to evenhand_worker;
alter table published_count enable row level security;
alter table published_count force row level security;
create policy see on published_count for select to evenhand_app using ((select wall.who()) is not null);
create policy house on published_count to evenhand_worker using ((select wall.is_house())) with check ((select wall.is_house()));
grant select on published_count to evenhand_app;
grant select, insert, delete on published_count to evenhand_worker;

-- Monitoring answers: in through here, out to the statistics role alone.
alter table monitoring_answer enable row level security;
alter table monitoring_answer force row level security;
-- By whoever began the case: anybody else could find out that there are answers already, or put theirs in the way.
create function wall.began(c uuid) returns boolean language sql stable security definer set search_path = public, pg_temp as $$
  select wall.made_here(c) or exists (select 1 from decision d where d.case_id = c and d.recorded_by = wall.who()
                                         and d.from_place = '' and wall.who() <> wall.door() and not d.bar && wall.groups())
$$;
create policy put on monitoring_answer for insert to evenhand_app with check (wall.began(case_id));
create policy count on monitoring_answer for select to evenhand_equality using (true);
grant insert on monitoring_answer to evenhand_app;
grant select on monitoring_answer to evenhand_equality;

-- Drafts are found by the hash of a code and in no other way.
alter table draft enable row level security;
alter table draft force row level security;
create policy inside on draft to evenhand_owner using (session_user <> 'evenhand_owner') with check (session_user <> 'evenhand_owner');
create function wall.keep_draft(l text, s bytea, days int) returns void language sql security definer set search_path = public, pg_temp as $$
  insert into draft (lookup, sealed, expires_on) values (l, s, wall.today() + least(days, 60))
  on conflict (lookup) do update set sealed = excluded.sealed, expires_on = excluded.expires_on
$$;
create function wall.open_draft(l text) returns bytea language sql stable security definer set search_path = public, pg_temp as $$
  select sealed from draft where lookup = l and expires_on >= wall.today()
$$;
create function wall.drop_draft(l text) returns void language sql security definer set search_path = public, pg_temp as $$
  delete from draft where lookup = l or expires_on < wall.today()
$$;

-- A row of an import is taken once: true the first time.
alter table imported_row enable row level security;
alter table imported_row force row level security;
create policy inside on imported_row to evenhand_owner using (session_user <> 'evenhand_owner') with check (session_user <> 'evenhand_owner');
create function wall.take_row(f text, c uuid) returns boolean language plpgsql security definer set search_path = public, pg_temp as $$
begin
  insert into imported_row (fingerprint, case_id) values (f, c) on conflict do nothing;
  return found;
end $$;
-- A row is taken for a case that begins in the same transaction, and for no other: nobody takes what somebody else
-- will send, and nobody names a case of others.
create function wall.taken_for_its_own() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if wall.who() is not null and not wall.made_here(new.case_id) then
    raise exception 'a row is taken with the case it begins' using errcode = '42501';
  end if;
  return null;
end $$;
create constraint trigger z_own after insert on imported_row deferrable initially deferred
  for each row execute function wall.taken_for_its_own();
-- What an earlier sending of the same form began, as it was then: only whoever sent it can ask, by its random number,
-- and it does not tell how the case has gone on.
create function wall.begun(f text, sent uuid) returns table (case_id uuid, reference text, place text, decision_id uuid)
language sql stable security definer set search_path = public, pg_temp as $$
  select c.id, c.reference::text, d.to_place::text, d.id
    from imported_row r join case_file c on c.id = r.case_id
    join decision d on d.case_id = c.id and d.idempotency_key = sent and d.recorded_by = wall.who() and d.from_place = ''
   where r.fingerprint = f and not c.bar && wall.groups()
$$;
create function wall.row_taken(f text) returns boolean language sql stable security definer set search_path = public, pg_temp as $$
  select exists (select 1 from imported_row where fingerprint = f)
$$;

-- How the house is doing, for /healthz: no figure about cases.
create function wall.health() returns timestamptz language sql stable security definer set search_path = public, pg_temp as $$
  select at from heartbeat where name = 'worker'
$$;
create policy inside on heartbeat to evenhand_owner using (true) with check (true);
create policy inside on notice to evenhand_owner using (session_user <> 'evenhand_owner') with check (session_user <> 'evenhand_owner');
