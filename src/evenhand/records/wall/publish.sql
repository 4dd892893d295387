-- What a case counts as: every code it was ever counted as, where it was sent, why support ended, and after how many
-- days it first came to each stage. Codes and numbers of days, no dates: they stay when a case is erased.
create function wall.count_more(c uuid, p jsonb) returns void language plpgsql security definer set search_path = public, pg_temp as $$
begin
  update counted_case set
    ever_counted_as = case when p ? 'counted_as' and not ever_counted_as @> array[(p->>'counted_as')::varchar]
                           then ever_counted_as || (p->>'counted_as')::varchar else ever_counted_as end,
    destination = coalesce(p->'counted_answers'->>'destination', destination),
    closing_reason = coalesce(p->'counted_answers'->>'closing_reason', closing_reason),
    -- Every kind of support that some plan of the case ever held.
    support = case when p->'counted_answers' ? 'support'
                   then (select coalesce(array_agg(distinct k order by k), '{}')::varchar[]
                           from (select unnest(support) union
                                 select jsonb_array_elements_text(p->'counted_answers'->'support')) s(k))
                   else support end,
    days_to = case when days_to ? (p->>'stage') then days_to
                   else days_to || jsonb_build_object(p->>'stage', wall.today() - referred_on) end
  where case_id = c and p ? 'stage' and (p ? 'counted_as' or p ? 'counted_answers' or not days_to ? (p->>'stage'));
end $$;

-- What a release counts of incidents: a day, strands and an offence group each, and nothing that leads to one.
create function wall.incident_codes() returns table (recorded_on date, strands text, offence_group text, excluded text)
language plpgsql stable security definer set search_path = public, pg_temp as $$
begin
  if not wall.is_house() then
    raise exception 'counts are the house''s' using errcode = '42501';
  end if;
  return query
    select i.recorded_on, '|' || array_to_string(i.strands, '|') || '|', i.offence_group::text,
           case when not i.live then 'not live' when i.duplicate_of_id is not null then 'duplicate' else '' end
      from incident i;
end $$;

-- Which referrals are about one individual, as far as somebody decided it: a number for each individual that means
-- nothing anywhere else. Before screening has passed, a referral is tied to nobody.
create function wall.counted_individuals() returns table (case_id uuid, individual bigint)
language plpgsql stable security definer set search_path = public, pg_temp as $$
begin
  if not wall.is_house() then
    raise exception 'counts are the house''s' using errcode = '42501';
  end if;
  return query
    select f.id, dense_rank() over (order by f.person_id) from case_file f where f.person_id is not null;
end $$;

-- Releases: the public sees a signed one from its hour on; before, those who make it and those who sign it.
alter table statistical_release enable row level security;
alter table statistical_release force row level security;
create policy open on statistical_release for select to evenhand_app
  using (state = 'signed' and opens_at <= (select wall.now()));
create policy see on statistical_release for select to evenhand_app
  using ((select wall.holds('analyst')) or (select wall.holds('release_approver')));
create policy put on statistical_release for insert to evenhand_app
  with check ((select wall.holds('analyst')) and asked_by = (select wall.who()) and state = 'asked' and signed_by is null);
create policy mend on statistical_release for update to evenhand_app
  using ((select wall.holds('analyst')) or (select wall.holds('release_approver')))
  with check ((select wall.holds('analyst')) or (select wall.holds('release_approver')));
create policy house on statistical_release to evenhand_worker using ((select wall.is_house())) with check ((select wall.is_house()));
create policy inside on statistical_release to evenhand_owner using (session_user <> 'evenhand_owner')
  with check (session_user <> 'evenhand_owner');
grant select, insert on statistical_release to evenhand_app;
grant update (state, signed_by, signed_at, sign_reason, opens_at) on statistical_release to evenhand_app;
grant update (state, progress, failure, title, extract_hash, policy_hash, files_hash, account, took, built_at)
  on statistical_release to evenhand_worker;

-- Which way a release may go. Signing needs the approver's role and another person; after the hour nothing moves.
create function wall.release_moves() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
declare w uuid := wall.who(); house boolean := wall.is_house();
begin
  if current_user = 'evenhand_owner' and w is null then
    return new;
  end if;
  if old.state = 'signed' then
    if old.opens_at <= wall.now() then
      raise exception 'a release does not change after its hour' using errcode = '42501';
    end if;
    if house or not wall.holds('release_approver') or (to_jsonb(new) - 'opens_at' - 'state') <> (to_jsonb(old) - 'opens_at' - 'state')
       or new.state not in ('signed', 'dropped') or new.opens_at < wall.now() then
      raise exception 'of a signed release only the hour may move, or it is dropped' using errcode = '42501';
    end if;
  elsif new.state = 'signed' then
    if house or old.state <> 'waiting' or not wall.holds('release_approver') or w is null or w = old.asked_by then
      raise exception 'a release is signed by a second person' using errcode = '42501';
    end if;
    new.signed_by := w;
    new.signed_at := wall.now();
    if new.opens_at is null or new.opens_at < wall.now() then
      new.opens_at := wall.now();
    end if;
  elsif new.state = 'dropped' then
    if old.state = 'dropped' then
      raise exception 'it is dropped already' using errcode = '42501';
    end if;
  elsif not house then
    raise exception 'only the house builds' using errcode = '42501';
  elsif not ((old.state in ('asked', 'building') and new.state in ('building', 'waiting', 'failed'))
             or (old.state = new.state and old.state <> 'dropped')) then
    raise exception 'a release does not go from % to %', old.state, new.state using errcode = '42501';
  end if;
  if new.signed_by is distinct from old.signed_by and new.state <> 'signed' then
    raise exception 'only signing names who signed' using errcode = '42501';
  end if;
  return new;
end $$;
create trigger a_moves before update on statistical_release for each row execute function wall.release_moves();
create trigger no_delete before delete on statistical_release for each row execute function wall.refuse();
create trigger no_truncate before truncate on statistical_release for each statement execute function wall.refuse();

-- The files stand as long as the release does: written while it is built, read with it, never changed.
alter table release_file enable row level security;
alter table release_file force row level security;
create policy see on release_file for select to evenhand_app
  using (exists (select 1 from statistical_release r where r.id = release_id));
create policy house on release_file to evenhand_worker using ((select wall.is_house()))
  with check ((select wall.is_house()) and exists (select 1 from statistical_release r where r.id = release_id and r.state = 'building'));
create policy inside on release_file to evenhand_owner using (session_user <> 'evenhand_owner')
  with check (session_user <> 'evenhand_owner');
grant select on release_file to evenhand_app;
grant insert, delete on release_file to evenhand_worker;
create function wall.release_still_built() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if exists (select 1 from statistical_release r where r.id = old.release_id and r.state in ('waiting', 'signed')) then
    raise exception 'the files of a release stand' using errcode = '42501';
  end if;
  return old;
end $$;
create trigger a_stand before delete on release_file for each row execute function wall.release_still_built();
create trigger no_change before update on release_file for each row execute function wall.refuse();
create trigger no_truncate before truncate on release_file for each statement execute function wall.refuse();

-- Sealed looks: asked by an analyst, agreed by another person, for some hours.
alter table sealed_look enable row level security;
alter table sealed_look force row level security;
create policy see on sealed_look for select to evenhand_app
  using ((select wall.holds('analyst')) or (select wall.holds('release_approver')));
create policy put on sealed_look for insert to evenhand_app
  with check ((select wall.holds('analyst')) and asked_by = (select wall.who()) and agreed_by is null and until is null);
create policy mend on sealed_look for update to evenhand_app
  using ((select wall.holds('release_approver')) and asked_by <> (select wall.who()) and agreed_by is null)
  with check (agreed_by = (select wall.who()) and until <= (select wall.now()) + interval '24 hours');
create policy inside on sealed_look to evenhand_owner using (session_user <> 'evenhand_owner')
  with check (session_user <> 'evenhand_owner');
grant select, insert on sealed_look to evenhand_app;
grant update (agreed_by, until) on sealed_look to evenhand_app;

-- The frozen cells: the house's, and for a while an analyst's to whom somebody else has agreed.
alter table release_cells enable row level security;
alter table release_cells force row level security;
create policy see on release_cells for select to evenhand_app
  using ((select wall.holds('analyst')) and exists (
    select 1 from sealed_look l where l.release_id = release_cells.release_id and l.asked_by = (select wall.who())
       and l.agreed_by is not null and l.agreed_by <> l.asked_by and l.until > (select wall.now())));
create policy house on release_cells to evenhand_worker using ((select wall.is_house())) with check ((select wall.is_house()));
create policy inside on release_cells to evenhand_owner using (session_user <> 'evenhand_owner')
  with check (session_user <> 'evenhand_owner');
grant select on release_cells to evenhand_app;
grant insert, delete on release_cells to evenhand_worker;
create trigger no_change before update on release_cells for each row execute function wall.refuse();
revoke all on function wall.incident_codes(), wall.counted_individuals(), wall.count_more(uuid, jsonb) from public;
grant execute on function wall.incident_codes(), wall.counted_individuals() to evenhand_worker;
