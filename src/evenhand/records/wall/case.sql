-- Opening, reading and moving a case: the wall is applied once, then the work is done.
alter table case_file enable row level security;
alter table case_file force row level security;
alter table case_part enable row level security;
alter table case_part force row level security;
create policy see on case_file for select to evenhand_app
  using (aud && (select wall.groups()) and (bar = '{}' or not bar && (select wall.groups())));
create policy house on case_file to evenhand_worker using ((select wall.is_house())) with check ((select wall.is_house()));
create policy inside on case_file to evenhand_owner using (session_user <> 'evenhand_owner')
  with check (session_user <> 'evenhand_owner');
create policy see on case_part for select to evenhand_app
  using (aud && (select wall.groups()) and (bar = '{}' or not bar && (select wall.groups())));
create policy house on case_part for select to evenhand_worker using ((select wall.is_house()));
create policy inside on case_part to evenhand_owner using (session_user <> 'evenhand_owner')
  with check (session_user <> 'evenhand_owner');
grant select on case_file, case_part to evenhand_app;
create index case_owner_open on case_file (owner_id) where closed_at is null;

-- May the asker see any part of this case? The answer for "barred" and for "no such case" is the same: no. It takes
-- the same time, too: whoever is barred from it has a number looked up that no case has, as if they had made it up.
create function wall.sees(c uuid, g int[]) returns boolean language plpgsql stable security definer
set search_path = public, pg_temp as $$
begin
  if exists (select 1 from wall.case_bar b where b.viewer_group = any (g) and b.case_id = c) then
    c := '00000000-0000-0000-0000-000000000000';
  end if;
  return (select exists (select 1 from case_part p where p.case_id = c and p.aud && g and not p.bar && g)
      -- A partner that was asked, or offered a referral, knows of the case by that one row while it is open.
      or exists (select 1 from information_request r where r.case_id = c and r.aud && g and not r.bar && g
                   and r.replied_at is null and r.withdrawn_at is null)
      or exists (select 1 from onward_referral r where r.case_id = c and r.aud && g and not r.bar && g and r.state = 'offered'));
end $$;

-- Whoever acts on a case may put a row into a part of it that they cannot read: a check against live work leaves
-- its date in the file, a report leaves the reporter apart.
create function wall.may_put(c uuid) returns boolean language plpgsql stable security definer
set search_path = public, pg_temp as $$
begin
  return wall.made_here(c) or wall.acting(c) is not null or wall.sees(c, wall.groups());
end $$;

-- How much of a case a set of groups sees: its file, another part, or no more than a row they were asked about.
create function wall.sight(c uuid, g int[]) returns text language plpgsql stable security definer
set search_path = public, pg_temp as $$
begin
  return (select case when bool_or(p.part = 'file') then 'file' when count(*) > 0 then 'part' else 'row' end
    from case_part p where p.case_id = c and p.aud && g and not p.bar && g);
end $$;

create table wall.worklist (
  viewer_group int not null,
  due_at timestamptz not null,
  case_id uuid not null,
  primary key (viewer_group, due_at, case_id)
);
create index on wall.worklist (case_id);
create table wall.case_bar (viewer_group int not null, case_id uuid not null, primary key (viewer_group, case_id));
create table wall.turn (practitioner_id uuid primary key, given_at timestamptz not null);

create function wall.set_base(c uuid, sees jsonb) returns void language plpgsql security definer
set search_path = public, pg_temp as $$
declare k text; seen_by int[];
begin
  for k in select jsonb_object_keys(sees) loop
    select coalesce(array_agg(distinct wall.group_for(x->>0, (x->>1)::uuid)), '{}') into seen_by
      from jsonb_array_elements(sees->k) x where x->>1 is not null;
    insert into case_part (case_id, part, base, aud, bar) values (c, k, seen_by, '{}', '{}')
    on conflict (case_id, part) do update set base = excluded.base where case_part.base is distinct from excluded.base;
  end loop;
  -- A part that this place shows to nobody is shown to nobody, whoever saw it at the place before.
  update case_part q set base = '{}' where q.case_id = c and not sees ? q.part and q.base <> '{}';
  insert into case_part (case_id, part, base, aud, bar)
  select c, p, '{}', '{}', '{}' from unnest(array['file', 'support', 'deconfliction', 'reporter']) p
  on conflict (case_id, part) do nothing;
end $$;

-- A named owner who holds the role today, is not barred, and has waited longest for work; or nobody.
create function wall.pick_owner(r text, a uuid, c uuid) returns uuid language plpgsql stable security definer
set search_path = public, pg_temp as $$
declare barred uuid[] := wall.barred_people(c);
begin
  return (select h.practitioner_id
    from role_holding h
    join practitioner p on p.id = h.practitioner_id and p.active
    left join wall.turn t on t.practitioner_id = p.id
   where h.role = r and h.agency_id = a
     and h.from_date <= wall.today() and (h.to_date is null or h.to_date >= wall.today())
     and p.id <> all (barred)
   order by t.given_at nulls first, p.id
   limit 1);
end $$;

create function wall.open_case(p jsonb) returns void language plpgsql security definer
set search_path = public, pg_temp as $$
declare c uuid := (p->>'id')::uuid; o uuid; j wall.journey; f case_file;
begin
  if wall.who() is null then
    raise exception 'no session' using errcode = '28000';
  end if;
  o := coalesce((p->>'owner')::uuid, wall.pick_owner(p->>'owner_role', (p->>'owner_agency')::uuid, c));
  if o is null then
    raise exception 'nobody holds the role' using errcode = 'P0003';
  end if;
  select * into j from wall.journey x where x.pack = p->>'pack' and x.journey = p->>'journey' and x.edition = p->>'edition';
  if j.journey is null then
    raise exception 'the database does not know this journey: run evenhand migrate' using errcode = 'P0004';
  end if;
  insert into case_file (id, reference, pack, journey, edition, shape_hash, place, stage, area_id, bindings, owner_id,
                         opened_at, changed_at, place_since, due_at, due_for, outcome, urgent, version, aud, bar, apart, handler_role)
  values (c, p->>'reference', p->>'pack', p->>'journey', p->>'edition', p->>'shape_hash', p->>'place', p->>'stage',
          p->>'area', p->'bindings', o, wall.noted(), wall.noted(), wall.noted(), (p->>'due_at')::timestamptz,
          coalesce(p->>'due_for', ''), '', coalesce((p->>'urgent')::boolean, false), 1, '{}', '{}',
          j.apart, j.handler_role);
  insert into counted_case (id, case_id, pack, referred_on, sector, concern, age_band, area, journey, stage_reached,
                            stage_position, outcome, excluded_from_statistics_reason)
  values (gen_random_uuid(), c, p->>'pack', coalesce((p->>'referred_on')::date, wall.today()), coalesce(p->>'sector', ''),
          coalesce(p->>'concern', ''), coalesce(p->>'age_band', ''), coalesce(p->>'area', ''), p->>'journey', p->>'stage',
          coalesce((p->>'stage_position')::int, -1), '', '');
  insert into wall.turn values (o, wall.noted()) on conflict (practitioner_id) do update set given_at = excluded.given_at;
  select * into f from case_file where id = c;
  perform wall.check_sees(f, p->'sees');
  perform wall.set_base(c, p->'sees');
  perform wall.rewall(c);
end $$;

create function wall.withdrawn(c uuid, entry uuid) returns boolean language plpgsql stable security definer
set search_path = public, pg_temp as $$
begin
  return (select exists (select 1 from correction x where x.case_id = c and x.of_id = entry and x.kind in ('untrue', 'misfiled')));
end $$;

-- Lock the case for an act and say where it stands; null when the asker may not know that it exists.
create function wall.standing(c uuid, lock_it boolean, once uuid) returns jsonb language plpgsql security definer
set search_path = public, pg_temp as $$
declare g int[] := wall.groups(); f case_file; item agenda_item; refused timestamptz; all_of_it jsonb; barred uuid[];
begin
  if not (wall.sees(c, g) or wall.made_here(c) or wall.is_house()) then
    return null;
  end if;
  if lock_it then
    select * into f from case_file where id = c for update;
    -- Somebody who acted while this one waited may have ended what they could see of it.
    if not (wall.sees(c, g) or wall.made_here(c) or wall.is_house()) then
      return null;
    end if;
    if wall.who() is not null then
      perform wall.set_acting(c, case when wall.made_here(c) then 'file' else wall.sight(c, g) end, false);
    end if;
  else
    select * into f from case_file where id = c;
  end if;
  barred := wall.barred_people(c);
  select * into item from agenda_item where case_id = c order by decision_id is not null, recorded_at desc limit 1;
  select min(recorded_at) into refused from consent where case_id = c and state in ('refused', 'withdrawn');
  all_of_it := jsonb_build_object(
    'case', to_jsonb(f) - 'aud' - 'bar',
    'already', (select d.id from decision d where once is not null and d.case_id = c and d.idempotency_key = once),
    'parts', coalesce((select jsonb_agg(p.part order by p.part) from case_part p
                        where p.case_id = c and p.aud && g and not p.bar && g), '[]'),
    'holdings', coalesce((select jsonb_agg(jsonb_build_array(h.role, h.agency_id)) from wall.holdings() h), '[]'),
    -- Everybody who took a step, whoever took it last: four eyes are four eyes.
    'done_by', coalesce((select jsonb_object_agg(d.step, d.takers) from
                 (select step, jsonb_agg(distinct recorded_by) as takers from decision where case_id = c and not wall.withdrawn(c, id)
                   group by step) d), '{}'),
    'glass', (select max(b.until) from break_glass b where b.case_id = c and b.practitioner_id = wall.who() and b.until > wall.now()),
    'came_from', coalesce((select d.from_place from decision d where d.case_id = c and d.from_place <> d.to_place
                            and d.from_place <> '' order by d.recorded_at desc limit 1), ''),
    -- What was shown to be untrue or to belong elsewhere is no evidence any more.
    'evidence', (select count(*) from evidence e where e.case_id = c and not wall.withdrawn(c, e.id)),
    'evidence_before_refusal', (select count(*) from evidence e where e.case_id = c and not wall.withdrawn(c, e.id)
                                 and (refused is null or e.recorded_at < refused)),
    'open_requests', (select count(*) from information_request
                       where case_id = c and replied_at is null and withdrawn_at is null),
    'open_onward', (select count(*) from onward_referral where case_id = c and state = 'offered'),
    'accepted_onward', (select count(*) from onward_referral where case_id = c and state = 'accepted'),
    'needs', (select count(*) from need where case_id = c),
    'needs_open', (select count(*) from need where case_id = c and state = 'open'),
    'plans', (select count(*) from plan where case_id = c and recorded_at > coalesce((select max(k.recorded_at) from consent k
               where k.case_id = c and k.state in ('refused', 'withdrawn')), '-infinity')),
    'commissioned', (select coalesce(sum(sessions), 0) from commission where case_id = c and ended_on is null),
    'delivered', (select count(*) from provider_session s join commission k on k.id = s.commission_id
                   where s.case_id = c and s.delivered and k.ended_on is null),
    'follow_ups', (select count(*) from decision d where d.case_id = c and d.step = 'follow_up' and not wall.withdrawn(c, d.id)
                    and d.recorded_at > coalesce((select max(x.recorded_at) from decision x where x.case_id = c
                        and x.step = 'approve_exit'), '-infinity')),
    'deferrals', (select count(*) from decision where case_id = c and outcome like 'defer%' and not wall.withdrawn(c, id)),
    'urgent', (select count(*) from alert where case_id = c and looked_again_at is null),
    'identities', (select count(*) from identity where case_id = c and not superseded),
    'identity', (select encode(i.sealed, 'base64') from identity i where i.case_id = c and not i.superseded
                  order by i.recorded_at desc limit 1),
    'outcomes', coalesce((select jsonb_object_agg(d.step, d.outcome) from
                 (select distinct on (step) step, outcome from decision where case_id = c and not wall.withdrawn(c, id)
                   order by step, recorded_at desc) d), '{}'),
    'prior_closed', (select count(*) from case_file o where f.person_id is not null and o.person_id = f.person_id
                        and o.id <> c and o.closed_at is not null and not o.bar && g and wall.keepers(o.id) is null),
    -- A complaint holds what it is about from the day on which somebody says that it is.
    'held', exists (select 1 from restriction r where r.case_id = c and r.kind = 'hold' and r.lifted_at is null
                      and r.until >= wall.today()) or wall.complained_of(c),
    'restricted', exists (select 1 from restriction r where r.case_id = c and r.kind = 'restriction' and r.lifted_at is null
                            and r.entries = '[]'),
    'answer_waits', exists (select 1 from rights_case x join rights_request q on q.id = x.request_id where x.case_id = c
                              and q.decision in ('part', 'neutral', 'refused')
                              and (q.second_said <> 'agreed' or q.review_on < wall.today())),
    'erasure', (select jsonb_build_object('id', e.id, 'due_at', e.due_at, 'group', e."group") from erasure_order e where e.case_id = c
                  and e.stopped_at is null order by e.recorded_at desc limit 1),
    'last_assessed', (select max(recorded_at) from decision where case_id = c and verb = 'assess' and not wall.withdrawn(c, id)),
    'last_refused', (select max(recorded_at) from consent where case_id = c and state in ('refused', 'withdrawn')),
    'last_given', (select max(recorded_at) from consent where case_id = c and state = 'given'),
    'deconfliction', (select result from deconfliction where case_id = c order by recorded_at desc limit 1),
    'not_before', (select h.not_before from hold h where h.case_id = c order by recorded_at desc limit 1),
    'consents', coalesce((select jsonb_agg(jsonb_build_object('state', x.state, 'by', x.by, 'on', x.on, 'at', x.recorded_at)
                    order by x.recorded_at) from (select distinct on (by) by, state, "on", recorded_at from consent
                    where case_id = c order by by, recorded_at desc) x), '[]'),
    'clocks', coalesce((select jsonb_agg(to_jsonb(k) - 'aud' - 'bar') from clock k
                         where k.case_id = c and k.stopped_at is null), '[]'),
    'item', case when item.id is not null then jsonb_build_object('id', item.id, 'meeting', item.meeting_id, 'decided', item.decision_id is not null,
        'chair', (select m.chair_id from meeting m where m.id = item.meeting_id),
        'present', coalesce((select jsonb_agg(distinct s.agency_id) from seat s where s.meeting_id = item.meeting_id
            and s.attended and s.practitioner_id <> all (barred)), '[]'),
        'views', coalesce((select jsonb_agg(jsonb_build_array(v.agency_id, v.view, v.practitioner_id))
            from (select distinct on (agency_id) * from panel_view where item_id = item.id
                   order by agency_id, recorded_at desc) v), '[]')) end,
    'last_panel', (select d.outcome from decision d where d.case_id = c and d.verb = 'convene' and not wall.withdrawn(c, d.id)
                    order by d.recorded_at desc limit 1),
    'telling', (select to_jsonb(t) - 'sealed' - 'aud' - 'bar' from telling t where t.case_id = c
                 order by recorded_at desc limit 1),
    'conflicted', wall.who() = any (barred),
    'now', wall.now());
  if wall.sight(c, g) <> 'row' or wall.made_here(c) or wall.is_house() then
    return all_of_it;
  end if;
  -- Whoever was asked one thing learns what answering it needs, and nothing of how the case stands.
  return all_of_it
    || jsonb_build_object('case', all_of_it->'case' || '{"person_id": null, "due_at": null, "due_for": "", "outcome": "", "urgent": false}',
      'done_by', coalesce((select jsonb_object_agg(k, v) from jsonb_each(all_of_it->'done_by') x(k, v) where v ? wall.who()::text), '{}'))
    || '{"came_from": "", "evidence": 0, "evidence_before_refusal": 0, "needs": 0, "needs_open": 0, "plans": 0, "commissioned": 0,
         "delivered": 0, "follow_ups": 0, "deferrals": 0, "urgent": 0, "identities": 0, "identity": null, "outcomes": {},
         "prior_closed": 0, "last_assessed": null, "last_refused": null, "deconfliction": null, "not_before": null,
         "consents": [], "held": false, "restricted": false, "answer_waits": false, "erasure": null, "item": null, "last_panel": null, "telling": null}';
end $$;

-- Move a case and say who sees it from now on: the last statement of an act.
create function wall.settle(c uuid, seen int, p jsonb) returns uuid language plpgsql security definer
set search_path = public, pg_temp as $$
declare g int[] := wall.groups(); o uuid; f case_file; acts text[] := wall.acting(c); saw text[];
begin
  if not (acts is not null or wall.made_here(c)) then
    raise exception 'no such case' using errcode = 'P0002';
  end if;
  if not wall.made_here(c) then
    if not acts[2]::boolean then
      raise exception 'nothing moves without a decision on record' using errcode = '42501';
    end if;
    if acts[1] = 'row' then
      -- Whoever was asked one thing answers it, or says that there is danger; the case itself is not theirs to move.
      p := jsonb_strip_nulls(jsonb_build_object('clocks', p->'clocks', 'urgent', case when p->'urgent' = 'true' then true end));
    end if;
  end if;
  saw := array(select q.part from case_part q where q.case_id = c and q.aud && g and not q.bar && g);
  select * into f from case_file where id = c for update;
  if f.version <> seen then
    raise exception 'changed meanwhile' using errcode = '40001';
  end if;
  o := (p->>'owner')::uuid;
  if o is null and p->>'owner_role' is not null then
    if exists (select 1 from role_holding h where h.practitioner_id = f.owner_id and h.role = p->>'owner_role'
                 and h.agency_id = (p->>'owner_agency')::uuid and h.from_date <= wall.today()
                 and (h.to_date is null or h.to_date >= wall.today()))
       and f.owner_id <> all (wall.barred_people(c)) then
      o := f.owner_id;
    else
      o := coalesce(wall.pick_owner(p->>'owner_role', (p->>'owner_agency')::uuid, c), wall.pick_round(c));
      if o is null then
        raise exception 'nobody holds the role' using errcode = 'P0003';
      end if;
      insert into wall.turn values (o, wall.noted()) on conflict (practitioner_id) do update set given_at = excluded.given_at;
    end if;
  end if;
  update case_file set
    place = coalesce(p->>'place', place), stage = coalesce(p->>'stage', stage), owner_id = coalesce(o, owner_id),
    closed_at = case when p ? 'closed' then case when (p->>'closed')::boolean then coalesce(closed_at, wall.noted()) end else closed_at end,
    place_since = case when p->>'place' is not null and p->>'place' <> place then wall.noted() else place_since end,
    outcome = coalesce(p->>'counted_as', outcome),
    urgent = coalesce((p->>'urgent')::boolean, urgent),
    person_id = case when p ? 'person' then (p->>'person')::uuid else person_id end,
    area_id = coalesce(p->>'area', area_id),
    bindings = coalesce(p->'bindings', bindings),
    changed_at = wall.noted(), version = version + 1
  where id = c;
  update clock k set
    due_at = (x->>'due_at')::timestamptz, pauses = x->'pauses', stopped_at = (x->>'stopped_at')::timestamptz
  from jsonb_array_elements(coalesce(p->'clocks', '[]')) x where k.case_id = c and k.id = (x->>'id')::uuid;
  perform wall.tasks_with_clocks(c);
  -- A task that belongs to a clock is done when the clock stops.
  update task t set done_at = wall.noted(), done_by = wall.who()
    from clock k, jsonb_array_elements(coalesce(p->'clocks', '[]')) x
   where k.id = (x->>'id')::uuid and x->>'stopped_at' is not null and t.case_id = c and t.code = k.code and t.done_at is null;
  if p ? 'consent_ended' then
    perform wall.end_on_consent(c, p->'consent_ended');
  end if;
  perform wall.set_due(c);
  update counted_case set
    -- How far it came, not where it stands: an end, or a step back, takes nothing away from it.
    stage_reached = case when (p->>'stage_position')::int > stage_position then p->>'stage_reached' else stage_reached end,
    stage_position = greatest(stage_position, (p->>'stage_position')::int),
    referred_on = coalesce((p->>'referred_on')::date, referred_on), outcome = coalesce(p->>'counted_as', outcome),
    sector = coalesce(p->>'sector', sector), concern = coalesce(p->>'concern', concern),
    age_band = coalesce(p->>'age_band', age_band), area = coalesce(p->>'area', area),
    excluded_from_statistics_reason = coalesce(p->>'excluded', excluded_from_statistics_reason)
  where case_id = c;
  perform wall.count_more(c, p);
  if p ? 'sees' then
    select * into f from case_file where id = c;
    perform wall.check_sees(f, p->'sees');
    perform wall.set_base(c, p->'sees');
  end if;
  perform wall.rewall(c);
  -- Nobody opens for themselves, by acting, what they could not see: the sealed check never, and nothing without the file.
  if not wall.made_here(c) and exists (
       select 1 from case_part q where q.case_id = c and q.aud && g and not q.bar && g and q.part <> all (saw)
          and (acts[1] <> 'file' or q.part = 'deconfliction')) then
    raise exception 'an act does not widen what whoever acts may see' using errcode = '42501';
  end if;
  return coalesce(o, f.owner_id);
end $$;
