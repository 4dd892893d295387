-- Danger now: anybody may ring, every duty officer hears, whoever rang may not look again. Somebody whom the call itself
-- names does not hear it: an independent handler does, and says who is meant. One duty officer always hears.
alter table alarm enable row level security;
alter table alarm force row level security;

-- Whom a call names. Nobody reads this table; what a handler may know of it comes through wall.named_in_call.
create table wall.alarm_bar (
  alarm_id uuid not null references alarm on delete cascade deferrable initially deferred,
  practitioner_id uuid not null, ground text not null, state text not null default 'named', because_of uuid, decided_by uuid,
  primary key (alarm_id, practitioner_id)
);
create function wall.on_duty() returns setof uuid language sql stable security definer set search_path = public, pg_temp as $$
  select distinct h.practitioner_id from role_holding h join practitioner p on p.id = h.practitioner_id and p.active
   where h.role = 'duty_officer' and h.from_date <= wall.today() and (h.to_date is null or h.to_date >= wall.today())
$$;
-- Independent handlers of the journeys that stand on no side.
create function wall.handler_roles() returns text[] language sql stable security definer set search_path = public, pg_temp as $$
  select coalesce(array_agg(distinct handler_role), '{}') from wall.journey where apart = '' and handler_role <> ''
$$;
create function wall.all_handlers() returns setof uuid language sql stable security definer set search_path = public, pg_temp as $$
  select distinct h.practitioner_id from role_holding h join practitioner p on p.id = h.practitioner_id and p.active
   where h.role = any (wall.handler_roles()) and h.from_date <= wall.today() and (h.to_date is null or h.to_date >= wall.today())
$$;

-- Everybody for whom this call does not exist. Naming every duty officer, or every handler, still leaves one of each: a
-- relative before whoever was named, and nobody of whom a handler has said that they stay out.
create function wall.barred_from_call(a uuid) returns uuid[] language plpgsql stable security definer
set search_path = public, pg_temp as $$
declare barred uuid[]; team uuid[]; left_in uuid;
begin
  barred := array(select practitioner_id from wall.alarm_bar where alarm_id = a and state <> 'let_in');
  if barred = '{}' then
    return barred;
  end if;
  for team in select array(select wall.on_duty()) union all select array(select wall.all_handlers()) loop
    if team <> '{}' and team <@ barred then
      select b.practitioner_id into left_in from wall.alarm_bar b
       where b.alarm_id = a and b.state = 'named' and b.practitioner_id = any (team)
       order by b.because_of is null, b.practitioner_id limit 1;
      barred := array_remove(barred, left_in);
    end if;
  end loop;
  return barred;
end $$;
create function wall.hears_call(a uuid) returns boolean language plpgsql stable security definer set search_path = public, pg_temp as $$
declare w uuid := wall.who(); duty boolean := wall.holds('duty_officer'); handler boolean;
begin
  handler := exists (select 1 from wall.holdings() h where h.role = any (wall.handler_roles()))
             and exists (select 1 from wall.alarm_bar b where b.alarm_id = a
                           and (b.state = 'named' or b.decided_by = w));
  return (duty or handler) and w <> all (wall.barred_from_call(a));
end $$;

-- A call names people, in its own words (a colleague's whole name must stand there) or where it asks whether somebody
-- here is part of it (a family name is enough). Said before the call is put in; it tells nobody whether a name fitted.
create function wall.name_in_call(a uuid, told text, others text[]) returns void language plpgsql security definer
set search_path = public, pg_temp as $$
declare saying text[] := wall.words_of(left(told, 2000)); theirs text[] := wall.words_of(left(array_to_string(others[1:20], ' '), 2000));
begin
  if wall.who() is null or exists (select 1 from alarm x where x.id = a) then
    return;
  end if;
  insert into wall.alarm_bar (alarm_id, practitioner_id, ground)
  select a, k.practitioner_id, 'unclear' from wall.known_name k join practitioner p on p.id = k.practitioner_id and p.active
   where (k.last = any (saying) and cardinality(k.words) > 1 and k.words <@ saying and k.practitioner_id <> wall.who())
      or k.last = any (theirs)
  on conflict do nothing;
  insert into wall.alarm_bar (alarm_id, practitioner_id, ground, because_of)
  select distinct on (x.whom) a, x.whom, x.kind, x.of
    from (select r.other_id as whom, r.practitioner_id as of, case r.kind when 'line_manager' then r.kind else 'relative' end as kind
            from wall.alarm_bar b join relation r on r.practitioner_id = b.practitioner_id
           where b.alarm_id = a and r.from_date <= wall.today() and (r.to_date is null or r.to_date >= wall.today())
          union all
          select r.practitioner_id, r.other_id, 'relative'
            from wall.alarm_bar b join relation r on r.other_id = b.practitioner_id and r.kind <> 'line_manager'
           where b.alarm_id = a and r.from_date <= wall.today() and (r.to_date is null or r.to_date >= wall.today())) x
   order by x.whom, x.kind
  on conflict do nothing;
end $$;

-- For a handler who hears the call: of whom they have still to say whether they are meant.
create function wall.named_in_call(a uuid) returns table (practitioner_id uuid, ground text) language sql stable security definer
set search_path = public, pg_temp as $$
  select b.practitioner_id, b.ground from wall.alarm_bar b
   where b.alarm_id = a and b.state = 'named' and b.practitioner_id <> wall.who() and wall.hears_call(a)
     and exists (select 1 from wall.holdings() h where h.role = any (wall.handler_roles()))
   order by b.because_of is not null, b.practitioner_id
$$;
-- A handler says of one colleague whether the call stays closed to them; whoever was named because of them goes with them.
create function wall.say_of_call(a uuid, p uuid, stay boolean) returns boolean language plpgsql security definer
set search_path = public, pg_temp as $$
begin
  if p = wall.who() or not exists (select 1 from wall.named_in_call(a) n where n.practitioner_id = p) then
    return false;
  end if;
  update wall.alarm_bar set state = case when stay then 'kept_out' else 'let_in' end, decided_by = wall.who()
   where alarm_id = a and (practitioner_id = p or (not stay and because_of = p and state = 'named'));
  return true;
end $$;

-- Whom the house tells of a call: every duty officer who is not kept out of it and, while somebody is named, the handlers.
create function wall.told_of_call(a uuid) returns setof uuid language sql stable security definer set search_path = public, pg_temp as $$
  select x from (select wall.on_duty() union
                 select wall.all_handlers() where exists (select 1 from wall.alarm_bar b where b.alarm_id = a and b.state = 'named')) t(x)
   where wall.is_house() and x <> all (wall.barred_from_call(a))
$$;
create function wall.alarm_stamp() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
declare w uuid := wall.who();
begin
  if w is null then
    return new;
  end if;
  if tg_op = 'INSERT' then
    new.made_by := nullif(w, wall.door());
    new.made_at := wall.now();
    new.taken_by := null; new.taken_at := null; new.done_at := null; new.sealed_done := null;
  elsif new.taken_by is distinct from old.taken_by then
    -- The first officer who takes it has it.
    new.taken_by := coalesce(old.taken_by, w);
    new.taken_at := coalesce(old.taken_at, wall.now());
  end if;
  if tg_op = 'UPDATE' and old.done_at is not null then
    raise exception 'what was done is written down once' using errcode = '42501';
  end if;
  return new;
end $$;
create trigger a_stamp before insert or update on alarm for each row execute function wall.alarm_stamp();
create policy put on alarm for insert to evenhand_app with check ((select wall.who()) is not null);
create index on alarm (made_at);
create function wall.names_somebody(a uuid) returns boolean language sql stable security definer set search_path = public, pg_temp as $$
  select exists (select 1 from wall.alarm_bar b where b.alarm_id = a)
$$;
create policy see on alarm for select to evenhand_app
  using ((select wall.holds('duty_officer')) and not wall.names_somebody(id) or wall.hears_call(id));
create policy mend on alarm for update to evenhand_app
  using ((select wall.holds('duty_officer')) and not wall.names_somebody(id) or wall.hears_call(id));
create policy house on alarm for select to evenhand_worker using ((select wall.is_house()));
create policy inside on alarm to evenhand_owner using (session_user <> 'evenhand_owner') with check (session_user <> 'evenhand_owner');
grant select, insert, update (taken_by, taken_at, done_at, sealed_done) on alarm to evenhand_app;
