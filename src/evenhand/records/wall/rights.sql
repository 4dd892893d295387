-- The rights of the person: requests are for the officers for data protection of the agency that was asked.
create function wall.protects_data_at(a uuid) returns boolean language sql stable security definer set search_path = public, pg_temp as $$
  select exists (select 1 from wall.holdings() h where h.role = any (wall.protector_roles()) and h.agency_id = a)
$$;
create function wall.answers_request(r uuid) returns boolean language sql stable security definer set search_path = public, pg_temp as $$
  select exists (select 1 from rights_request q where q.id = r and wall.protects_data_at(q.agency_id))
$$;
create function wall.rights_stamp() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
declare w uuid := wall.who();
begin
  if w is null or w = wall.house() then
    return new;
  end if;
  if tg_table_name = 'rights_request' then
    if tg_op = 'INSERT' then
      new.owner_id := w;
      new.recorded_at := wall.now();
    elsif row(new.decision, new.sealed_decision, new.review_on, new.second_id)
          is distinct from row(old.decision, old.sealed_decision, old.review_on, old.second_id) then
      -- What was kept back is looked at again on its day, by somebody else; anything else is answered once.
      if old.answered_at is not null and (old.review_on is null or old.review_on > wall.today() or old.decided_by = w) then
        raise exception 'answered once' using errcode = '42501';
      end if;
      if new.second_id = w or not wall.protects_data_at(old.agency_id) then
        raise exception 'somebody independent looks again' using errcode = '42501';
      end if;
      new.decided_by := w;
      new.decided_at := wall.now();
      new.answered_at := null;
      new.second_said := '';
      new.second_at := null;
      new.sealed_second := null;
    elsif new.second_said is distinct from old.second_said then
      if old.second_id is distinct from w or old.decided_by = w or old.second_said <> '' or old.answered_at is not null
         or new.answered_at is not null or new.owner_id is distinct from old.owner_id then
        raise exception 'somebody independent looks again' using errcode = '42501';
      end if;
      new.second_at := wall.now();
    elsif not wall.protects_data_at(old.agency_id) then
      raise exception 'not asked for that' using errcode = '42501';
    end if;
    if tg_op = 'UPDATE' and new.answered_at is not null and old.answered_at is null
       and new.decision in ('part', 'neutral', 'refused') and new.second_said <> 'agreed' then
      raise exception 'somebody independent looks first' using errcode = '42501';
    end if;
  elsif tg_table_name = 'rights_case' then
    new.said_by := w;
    new.said_at := wall.now();
  elsif tg_table_name = 'rights_entry' then
    new.seen_by := w;
    new.seen_at := wall.now();
  elsif tg_table_name = 'export_request' then
    if tg_op = 'INSERT' then
      new.asked_by_id := w;
      new.asked_at := wall.now();
      new.taken_at := null;
      select p.agency_id into new.agency_id from practitioner p where p.id = w;
    elsif old.taken_at is not null then
      raise exception 'taken out once' using errcode = '42501';
    end if;
  elsif tg_table_name = 'export_approval' then
    new.by_id := w;
    new.at := wall.now();
    select p.agency_id into new.agency_id from practitioner p where p.id = w;
  end if;
  return new;
end $$;
alter table rights_request enable row level security;
alter table rights_request force row level security;
-- Whoever is asked for a second look sees that request, and none of its cases by it, until it is answered.
create policy see on rights_request for select to evenhand_app
  using (wall.protects_data_at(agency_id) or second_id = (select wall.who()) and answered_at is null);
create policy put on rights_request for insert to evenhand_app with check (wall.protects_data_at(agency_id));
create policy mend on rights_request for update to evenhand_app
  using (wall.protects_data_at(agency_id) or second_id = (select wall.who()) and answered_at is null)
  with check (wall.protects_data_at(agency_id) or second_id = (select wall.who()) and answered_at is null);
create policy house on rights_request to evenhand_worker using ((select wall.is_house())) with check ((select wall.is_house()));
create policy inside on rights_request to evenhand_owner using (session_user <> 'evenhand_owner') with check (session_user <> 'evenhand_owner');
create trigger a_stamp before insert or update on rights_request for each row execute function wall.rights_stamp();
grant select, insert, update (owner_id, decision, decided_by, decided_at, review_on, answered_at, sealed_decision,
  second_id, second_said, second_at, sealed_second) on rights_request to evenhand_app;
grant select, delete on rights_request to evenhand_worker;

-- A case that somebody is kept out of is linked to no request, as far as they can tell: barred and absent answer alike.
create function wall.answers_in(r uuid, c uuid) returns boolean language plpgsql stable security definer
set search_path = public, pg_temp as $$
begin
  return wall.answers_request(r) and exists (select 1 from rights_case x join case_file f on f.id = x.case_id
                                              where x.request_id = r and x.case_id = c and not f.bar && wall.groups());
end $$;
grant execute on function wall.answers_in(uuid, uuid) to evenhand_app;

do $$
declare t text;
begin
  foreach t in array array['rights_case', 'rights_entry'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('create policy see on %I for select to evenhand_app using (wall.answers_in(request_id, case_id))', t);
    execute format('create policy put on %I for insert to evenhand_app with check (wall.answers_request(request_id) and wall.may_put(case_id))', t);
    execute format('create policy mend on %I for update to evenhand_app using (wall.answers_in(request_id, case_id)) with check (wall.answers_request(request_id))', t);
    execute format('create policy house on %I to evenhand_worker using ((select wall.is_house())) with check ((select wall.is_house()))', t);
    execute format('create policy inside on %I to evenhand_owner using (session_user <> ''evenhand_owner'') with check (session_user <> ''evenhand_owner'')', t);
    execute format('create trigger a_stamp before insert or update on %I for each row execute function wall.rights_stamp()', t);
  end loop;
end $$;
grant select, insert on rights_case to evenhand_app;
grant select, insert, update (sealed) on rights_entry to evenhand_app;
grant select, delete on rights_case, rights_entry to evenhand_worker;

-- A person asks across cases: whoever answers looks for their name in what their agency knows, wherever it stands.
create function wall.rights_find(r uuid, words text[], lim int) returns table (case_id uuid, reference text, journey text, place text,
  opened_at timestamptz, identity bytea) language plpgsql stable security definer set search_path = public, pg_temp as $$
#variable_conflict use_column
declare a uuid; w text[]; g int[] := wall.groups();
begin
  select q.agency_id into a from rights_request q where q.id = r and q.answered_at is null and wall.protects_data_at(q.agency_id);
  w := array(select left(x, 60) from unnest(words) x where length(x) >= 2 order by length(x) desc limit 4);
  if a is null or cardinality(w) = 0 then
    return;
  end if;
  return query
    select f.id, f.reference::text, f.journey::text, f.place::text, f.opened_at,
           (select i.sealed from identity i where i.case_id = f.id and not i.superseded limit 1)
      from case_file f
     where f.id in (select n.case_id from agency y cross join lateral (select m.case_id from wall.name_token m
             where m.agency_id = y.id and m.token >= w[1] and m.token < w[1] || chr(1114109)) n)
       and not exists (select 1 from unnest(w) x where not exists (select 1 from wall.name_token n
             where n.case_id = f.id and n.token >= x and n.token < x || chr(1114109)))
       and a::text = any (wall.answering(f.bindings))
       -- What stands apart (staff support, integrity) is answered by those who keep it: it crosses to nobody.
       and not exists (select 1 from wall.journey j where j.pack = f.pack and j.journey = f.journey and j.apart <> '')
       and not f.bar && g
     order by f.opened_at limit lim;
end $$;

-- Sight of a case for whoever answers the person: its file and its support, until the request is answered and a month.
create function wall.rights_sight(r uuid, c uuid, sealed bytea) returns boolean language plpgsql security definer
set search_path = public, pg_temp as $$
declare q rights_request; f case_file; p text;
begin
  select * into q from rights_request x where x.id = r and x.answered_at is null and wall.protects_data_at(x.agency_id);
  select * into f from case_file x where x.id = c and not x.bar && wall.groups()
     and not exists (select 1 from wall.journey j where j.pack = x.pack and j.journey = x.journey and j.apart <> '')
     and q.agency_id::text = any (wall.answering(x.bindings));
  if q.id is null or f.id is null then
    return false;
  end if;
  perform wall.set_acting(c, 'row', false);
  foreach p in array array['file', 'support'] loop
    insert into access_grant (id, case_id, part, recorded_at, recorded_by, aud, bar, practitioner_id, of_part, until, sealed)
    values (gen_random_uuid(), c, 'file', wall.now(), wall.who(), '{}', '{}', wall.who(), p,
            (greatest(q.due_on, wall.today()) + 31)::timestamptz, sealed);
  end loop;
  perform wall.rewall(c);
  insert into rights_case (id, request_id, case_id, said_by, said_at) values (gen_random_uuid(), r, c, wall.who(), wall.now())
  on conflict do nothing;
  return true;
end $$;

-- The register of disclosures of one's agencies, for officers for data protection; a case closed to them is not on it.
create function wall.disclosures(lim int) returns table (id uuid, case_id uuid, reference text, recorded_at timestamptz, recorded_by uuid,
  agency_id uuid, kind text, purpose text, basis text, sealed bytea, ended_at timestamptz) language plpgsql stable security definer
set search_path = public, pg_temp as $$
#variable_conflict use_column
declare g int[] := wall.groups();
begin
  return query
    select d.id, d.case_id, f.reference::text, d.recorded_at, d.recorded_by, d.agency_id, d.kind::text, d.purpose::text, d.basis::text, d.sealed, d.ended_at
      from disclosure d join case_file f on f.id = d.case_id
     where not d.bar && g and not f.bar && g and wall.keepers(f.id) is null
       and exists (select 1 from wall.holdings() h where h.role = any (wall.protector_roles())
                    and h.agency_id::text = any (wall.answering(f.bindings)))
     order by d.recorded_at desc limit least(lim, 1000);
end $$;

-- Exports: whoever asks sees their own; whoever may approve at the same agency, or at another for the whole, sees those too.
create function wall.may_approve(e uuid) returns boolean language sql stable security definer set search_path = public, pg_temp as $$
  select exists (select 1 from export_request q, wall.holdings() h
                  where q.id = e and q.asked_by_id <> wall.who() and (h.role = 'administrator' or h.role = any (wall.protector_roles()))
                    and (q.what = 'whole' or h.agency_id = q.agency_id))
$$;
alter table export_request enable row level security;
alter table export_request force row level security;
alter table export_approval enable row level security;
alter table export_approval force row level security;
create policy see on export_request for select to evenhand_app using (asked_by_id = (select wall.who()) or wall.may_approve(id));
create policy put on export_request for insert to evenhand_app with check (asked_by_id = (select wall.who()));
create policy mend on export_request for update to evenhand_app using (asked_by_id = (select wall.who())) with check (asked_by_id = (select wall.who()));
create policy house on export_request to evenhand_worker using ((select wall.is_house())) with check ((select wall.is_house()));
create policy inside on export_request to evenhand_owner using (session_user <> 'evenhand_owner') with check (session_user <> 'evenhand_owner');
create policy see on export_approval for select to evenhand_app using (exists (select 1 from export_request q where q.id = request_id));
create policy put on export_approval for insert to evenhand_app with check (wall.may_approve(request_id));
create policy house on export_approval to evenhand_worker using ((select wall.is_house())) with check ((select wall.is_house()));
create policy inside on export_approval to evenhand_owner using (session_user <> 'evenhand_owner') with check (session_user <> 'evenhand_owner');
create trigger a_stamp before insert or update on export_request for each row execute function wall.rights_stamp();
create trigger a_stamp before insert on export_approval for each row execute function wall.rights_stamp();
grant select, insert, update (taken_at, rows) on export_request to evenhand_app;
grant select, insert on export_approval to evenhand_app;
grant select, update on export_request to evenhand_worker;
grant select on export_approval to evenhand_worker;
