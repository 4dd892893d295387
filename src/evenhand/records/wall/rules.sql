-- What the wall itself must know of the policy: which roles a place may show a part to, on which side of the firewall a
-- role or a journey stands, who handles what is not clear yet. Filled from the packs by `evenhand migrate`.
alter table person alter column apart set default '';
alter table case_file alter column apart set default '', alter column handler_role set default '';
-- Who looks after people's rights in their data, whatever the law of the place calls it; and which agencies answer for a case.
create table wall.protector (role text primary key);
create function wall.protector_roles() returns text[] language plpgsql stable security definer set search_path = public, pg_temp as $$
begin
  return (select coalesce(array_agg(p.role), '{}') from wall.protector p);
end $$;
-- Does the asker hold such a role at an agency of these bindings; at any, without bindings?
create function wall.protects(bindings jsonb) returns boolean language plpgsql stable security definer set search_path = public, pg_temp as $$
begin
  return (select exists (select 1 from wall.holdings() h join wall.protector p on p.role = h.role
            where bindings is null or exists (select 1 from jsonb_each(bindings) b where b.value ? h.agency_id::text)));
end $$;
create function wall.answering(bindings jsonb) returns text[] language sql immutable as $$
  select coalesce(array_agg(distinct a), '{}') from jsonb_each(bindings) b, jsonb_array_elements_text(b.value) a
   where b.key in ('force', 'council', 'table')
$$;
create table wall.shown (
  pack text not null, journey text not null, edition text not null, place text not null, part text not null, role text not null,
  primary key (pack, journey, edition, place, part, role)
);
create table wall.journey (
  pack text not null, journey text not null, edition text not null,
  apart text not null, handler_role text not null, earlier_at text[] not null,
  primary key (pack, journey, edition)
);
create table wall.side (role text primary key, apart text not null);

-- Audiences come from what the journey shows at the place, at the agencies of the case, and from nothing else.
create function wall.check_sees(f case_file, sees jsonb) returns void language plpgsql stable security definer
set search_path = public, pg_temp as $$
begin
  if exists (
       select 1 from jsonb_each(sees) part, jsonb_array_elements(part.value) x
        where x->>1 is not null and (
              not exists (select 1 from wall.shown s where s.pack = f.pack and s.journey = f.journey and s.edition = f.edition
                             and s.place = f.place and s.part = part.key and s.role = x->>0)
           or not exists (select 1 from jsonb_each(f.bindings) b where b.value ? (x->>1)))) then
    raise exception 'the policy shows this to nobody like that' using errcode = '42501';
  end if;
end $$;

-- Nobody stands on two sides at once, not even for a day.
create function wall.one_side() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
declare mine text := coalesce((select apart from wall.side where role = new.role), '');
begin
  if exists (select 1 from role_holding h left join wall.side s on s.role = h.role
              where h.practitioner_id = new.practitioner_id and h.id <> new.id and coalesce(s.apart, '') <> mine
                and h.from_date <= coalesce(new.to_date, 'infinity') and coalesce(h.to_date, 'infinity') >= new.from_date) then
    raise exception 'nobody stands on two sides of the firewall at once' using errcode = '42501', hint = 'one_side';
  end if;
  return new;
end $$;
create trigger c_one_side before insert or update on role_holding for each row execute function wall.one_side();

-- A person belongs to one side: a case of another is never about them.
create function wall.own_side() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if new.person_id is not null and new.person_id is distinct from old.person_id
     and (select apart from person where id = new.person_id) is distinct from new.apart then
    raise exception 'no such case' using errcode = 'P0002';
  end if;
  return new;
end $$;
create trigger c_own_side before update on case_file for each row
  when (new.person_id is distinct from old.person_id) execute function wall.own_side();

-- From a case that stands apart nothing is handed to anybody outside it.
create function wall.stays_apart() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if exists (select 1 from case_file where id = new.case_id and apart <> '') and wall.who() is not null then
    raise exception 'this case stands apart' using errcode = '42501';
  end if;
  return new;
end $$;
create trigger c_stays_apart before insert on access_grant for each row execute function wall.stays_apart();
create trigger c_stays_apart before insert on information_request for each row execute function wall.stays_apart();
create trigger c_stays_apart before insert on onward_referral for each row execute function wall.stays_apart();
