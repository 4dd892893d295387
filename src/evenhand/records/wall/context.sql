-- Who is asking, in a form that the application role can neither forge nor replay:
-- a token is exchanged for a context bound to this backend and this transaction, under a key only the database has.
create schema if not exists wall;

create table wall.key (
  one boolean primary key default true check (one),
  inner_pad bytea not null,
  outer_pad bytea not null
);
do $$
declare
  k bytea := sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()))
             || decode(repeat('00', 32), 'hex');
  i bytea := k;
  o bytea := k;
begin
  if exists (select 1 from wall.key) then
    return;
  end if;
  for n in 0..63 loop
    i := set_byte(i, n, get_byte(k, n) # 54);
    o := set_byte(o, n, get_byte(k, n) # 92);
  end loop;
  insert into wall.key (inner_pad, outer_pad) values (i, o);
end $$;

create table wall.session (
  token_hash bytea primary key,
  practitioner_id uuid not null,
  opened_at timestamptz not null default now(),
  expires_at timestamptz not null
);
alter table wall.session add column idle_until timestamptz;
create index on wall.session (practitioner_id);

-- A demo instance may set the clock while it makes its synthetic past; no other instance can.
create table wall.instance (one boolean primary key default true check (one), demo boolean not null default false, keystore uuid);
insert into wall.instance default values;

-- Which version's wall this is: `evenhand migrate` puts it up anew when its own differs.
create table wall.raised (
  one boolean primary key default true check (one),
  fingerprint text not null,
  stands text not null,
  raised_at timestamptz not null default now()
);
create function wall.fingerprint() returns text language sql stable security definer
set search_path = pg_catalog, pg_temp as $$ select fingerprint from wall.raised $$;
-- Which key store this database was filled with, so that a lost one is noticed and another not taken for it.
create function wall.keystore() returns uuid language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select keystore from wall.instance
$$;
create function wall.keystore_is(n uuid) returns void language sql security definer set search_path = pg_catalog, pg_temp as $$
  update wall.instance set keystore = n where keystore is null
$$;

create function wall.now() returns timestamptz language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
declare t text := current_setting('wall.demo_now', true);
begin
  if t is not null and t <> '' and (select demo from wall.instance) then
    return t::timestamptz;
  end if;
  return statement_timestamp();
end $$;

-- In plpgsql, because that keeps its plan: a function in plain SQL is planned anew at each call (here 0.1 ms, for an
-- update 1 ms), and every act asks this one several times.
create function wall.today() returns date language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  return (wall.now() at time zone 'Europe/London')::date;
end $$;

-- When something is put down as done. Somebody unknown is not to be found by the minute: what comes in at the door has
-- its day alone. (A call about danger keeps its time: seconds matter there.)
create function wall.noted() returns timestamptz language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  if wall.who() = wall.door() then
    return (wall.today()::timestamp) at time zone 'Europe/London';
  end if;
  return wall.now();
end $$;

create function wall.groups_of(p uuid) returns int[] language plpgsql stable security definer
set search_path = public, pg_temp as $$
declare today date := wall.today();
begin
  return array(
    select g.id from audience_group g where g.practitioner_id = p
    union
    select g.id from role_holding h join audience_group g
        on g.agency_id = h.agency_id and g.role = h.role and g.practitioner_id is null
     where h.practitioner_id = p and h.from_date <= today and (h.to_date is null or h.to_date >= today)
    order by 1);
end $$;

create function wall.set_context(p uuid, g int[]) returns void language plpgsql security definer
set search_path = pg_catalog, pg_temp as $$
declare m text := pg_backend_pid() || '|' || extract(epoch from now()) || '|' || p || '|' || g::text; k wall.key;
begin
  select * into k from wall.key;
  perform set_config('wall.context',
    m || '|' || encode(sha256(k.outer_pad || sha256(k.inner_pad || convert_to(m, 'UTF8'))), 'hex'), true);
end $$;

-- The context as an array: [backend, transaction, who, groups], or null when it is missing, forged or replayed.
create function wall.context() returns text[] language plpgsql stable security definer parallel restricted
set search_path = pg_catalog, pg_temp as $$
declare a text[] := string_to_array(current_setting('wall.context', true), '|'); k wall.key;
begin
  if a[1] = pg_backend_pid()::text and a[2] = extract(epoch from now())::text then
    select * into k from wall.key;
    if sha256(k.outer_pad || sha256(k.inner_pad || convert_to(a[1] || '|' || a[2] || '|' || a[3] || '|' || a[4], 'UTF8')))
       = decode(a[5], 'hex') then
      return a;
    end if;
  end if;
  return null;
exception when others then
  return null;
end $$;

create function wall.groups() returns int[] language plpgsql stable security definer parallel restricted
set search_path = pg_catalog, pg_temp as $$
declare a text[] := wall.context();
begin
  return coalesce(a[4]::int[], '{}');
end $$;

create function wall.who() returns uuid language plpgsql stable security definer parallel restricted
set search_path = pg_catalog, pg_temp as $$
declare a text[] := wall.context();
begin
  return a[3]::uuid;
end $$;

-- Which case this transaction acts on, how much of it whoever acts may see (the file, another part, one row), and
-- whether their decision is on record yet; sealed like the context, so that it can be neither forged nor replayed.
create function wall.set_acting(c uuid, level text, decided boolean) returns void language plpgsql security definer
set search_path = pg_catalog, pg_temp as $$
declare
  m text := 'acts|' || pg_backend_pid() || '|' || extract(epoch from now()) || '|' || wall.who() || '|' || c || '|' || level || '|' || decided;
  k wall.key;
begin
  select * into k from wall.key;
  perform set_config('wall.acting',
    m || '|' || encode(sha256(k.outer_pad || sha256(k.inner_pad || convert_to(m, 'UTF8'))), 'hex'), true);
end $$;

-- As an array: [level, decided], or null when this transaction does not act on this case as whoever came in.
create function wall.acting(c uuid) returns text[] language plpgsql stable security definer parallel restricted
set search_path = pg_catalog, pg_temp as $$
declare a text[] := string_to_array(current_setting('wall.acting', true), '|'); k wall.key;
begin
  if a[2] = pg_backend_pid()::text and a[3] = extract(epoch from now())::text and a[4] = wall.who()::text and a[5] = c::text then
    select * into k from wall.key;
    if sha256(k.outer_pad || sha256(k.inner_pad || convert_to(array_to_string(a[1:7], '|'), 'UTF8'))) = decode(a[8], 'hex') then
      return a[6:7];
    end if;
  end if;
  return null;
exception when others then
  return null;
end $$;

-- The door through which somebody without an account reports: may put in, sees nothing.
create function wall.door() returns uuid language sql immutable as $$ select '00000000-0000-4000-8000-000000000002'::uuid $$;
-- The house itself, for duties and clocks.
create function wall.house() returns uuid language sql immutable as $$ select '00000000-0000-4000-8000-000000000001'::uuid $$;

create function wall.is_house() returns boolean language plpgsql stable security definer
set search_path = pg_catalog, pg_temp as $$
begin
  return (select coalesce(wall.who() = wall.house(), false));
end $$;

create function wall.enter(token text) returns uuid language plpgsql security definer
set search_path = pg_catalog, pg_temp as $$
declare p uuid;
begin
  select s.practitioner_id into p
    from wall.session s join public.practitioner x on x.id = s.practitioner_id and x.active
   where s.token_hash = sha256(convert_to(token, 'UTF8')) and s.expires_at > statement_timestamp()
     and (s.idle_until is null or s.idle_until > statement_timestamp());
  if p is null then
    raise exception 'no session' using errcode = '28000';
  end if;
  if wall.is_held(p) then
    -- Comes in, and sees why; nothing else is theirs until somebody has looked.
    perform wall.set_context(p, '{}');
  else
    perform wall.end_grants(p);
    perform wall.set_context(p, wall.groups_of(p));
  end if;
  return p;
end $$;

create function wall.enter_door() returns void language plpgsql security definer
set search_path = pg_catalog, pg_temp as $$
begin
  perform wall.set_context(wall.door(), '{}');
end $$;

create function wall.enter_house() returns void language plpgsql security definer
set search_path = pg_catalog, pg_temp as $$
begin
  perform wall.set_context(wall.house(), '{}');
end $$;

create function wall.open_session(p uuid, hash bytea, seconds int) returns void language sql security definer
set search_path = pg_catalog, pg_temp as $$
  insert into wall.session (token_hash, practitioner_id, expires_at)
  values (hash, p, statement_timestamp() + make_interval(secs => least(seconds, 86400)));
$$;

create function wall.close_session(hash bytea) returns void language sql security definer
set search_path = pg_catalog, pg_temp as $$
  delete from wall.session where token_hash = hash or expires_at < statement_timestamp();
$$;

create function wall.close_sessions_of(p uuid) returns void language sql security definer
set search_path = pg_catalog, pg_temp as $$ delete from wall.session where practitioner_id = p $$;

-- Roles held today, as (role, agency), read from the verified groups.
create function wall.holdings() returns table(role text, agency_id uuid) language plpgsql stable security definer
set search_path = public, pg_temp as $$
#variable_conflict use_column
declare mine int[] := wall.groups();  -- once: in the condition it would be worked out anew for each row
begin
  return query select g.role::text, g.agency_id from audience_group g where g.id = any (mine) and g.practitioner_id is null;
end $$;

create function wall.holds(r text) returns boolean language plpgsql stable security definer
set search_path = public, pg_temp as $$
begin
  return exists (select 1 from wall.holdings() h where h.role = r);
end $$;

create function wall.group_for(r text, a uuid) returns int language plpgsql security definer
set search_path = public, pg_temp as $$
declare n int;
begin
  select id into n from audience_group where agency_id = a and role = r and practitioner_id is null;
  if n is null then
    insert into audience_group (agency_id, role) values (a, r) on conflict do nothing returning id into n;
    if n is null then
      select id into n from audience_group where agency_id = a and role = r and practitioner_id is null;
    end if;
  end if;
  return n;
end $$;

create function wall.personal_group(p uuid) returns int language plpgsql security definer
set search_path = public, pg_temp as $$
declare n int;
begin
  select id into n from audience_group where practitioner_id = p;
  if n is null then
    insert into audience_group (practitioner_id, role) values (p, '') on conflict do nothing returning id into n;
    if n is null then
      select id into n from audience_group where practitioner_id = p;
    end if;
  end if;
  return n;
end $$;
