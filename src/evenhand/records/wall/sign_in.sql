-- Coming in by a key of the machine door: as its owner, when it has the scope that the address asks for.
create function wall.enter_key(token text, scope text) returns uuid language plpgsql security definer
set search_path = public, pg_temp as $$
declare k uuid; p uuid;
begin
  select a.id, a.practitioner_id into k, p
    from api_key a join practitioner x on x.id = a.practitioner_id and x.active
   where a.key_hash = sha256(convert_to(token, 'UTF8')) and a.revoked_at is null
     and a.expires_at > statement_timestamp() and scope = any (a.scopes);
  -- Whose account is held comes in by no key either: why it is held is said where they sign in.
  if p is null or wall.is_held(p) then
    raise exception 'no session' using errcode = '28000';
  end if;
  perform wall.end_grants(p);
  perform wall.set_context(p, wall.groups_of(p));
  update api_key set last_used_on = wall.today() where id = k and last_used_on is distinct from wall.today();
  return k;
end $$;

-- A sitting ends by itself when nothing is done in it: the web says that something was, once a minute at most.
create function wall.still_here(hash bytea, seconds int) returns void language sql security definer
set search_path = pg_catalog, pg_temp as $$
  update wall.session set idle_until = statement_timestamp() + make_interval(secs => seconds) where token_hash = hash;
$$;

-- What sign-in may ask when an agency's own provider vouches for somebody: one address at one agency, no list.
create function wall.somebody_of(agency text, address text) returns uuid language sql stable security definer
set search_path = public, pg_temp as $$
  select p.id from practitioner p join agency a on a.id = p.agency_id and a.active
   where a.code = agency and lower(p.email) = address and address <> '' and p.active
$$;
create function wall.works_at(p uuid, agency text) returns boolean language sql stable security definer
set search_path = public, pg_temp as $$
  select exists (select 1 from practitioner x join agency a on a.id = x.agency_id and a.active where x.id = p and x.active and a.code = agency)
$$;

-- The roles that an agency's groups give: at that agency alone, to somebody who works there, until so many days from
-- now; never an administrator, nothing that was given by hand is touched, and what somebody ended by hand stays ended.
create function wall.roles_by_group(p uuid, agency text, wanted jsonb) returns text[] language plpgsql security definer
set search_path = public, pg_temp as $$
declare a uuid; today date := wall.today(); r record; changed text[] := '{}';
begin
  select x.agency_id into a from practitioner x join agency g on g.id = x.agency_id and g.active
   where x.id = p and x.active and g.code = agency;
  if a is null then
    return changed;
  end if;
  for r in update role_holding h set to_date = today - 1
            where h.practitioner_id = p and h.agency_id = a and h.by_group and not wanted ? h.role
              and h.from_date <= today and (h.to_date is null or h.to_date >= today) returning h.role loop
    changed := changed || ('ended ' || r.role);
  end loop;
  for r in select key as role, value::int as days from jsonb_each_text(wanted) where key <> 'administrator' loop
    if exists (select 1 from role_holding h where h.practitioner_id = p and h.agency_id = a and h.role = r.role and not h.by_group
                  and (h.to_date is null or h.to_date >= today)) then
      continue;
    end if;
    update role_holding h set to_date = today + r.days where h.practitioner_id = p and h.agency_id = a and h.role = r.role
       and h.by_group and h.from_date <= today and h.to_date >= today;
    if not found then
      insert into role_holding (id, practitioner_id, role, agency_id, from_date, to_date, given_at, by_group)
      values (gen_random_uuid(), p, r.role, a, today, today + r.days, wall.now(), true);
      changed := changed || ('gave ' || r.role || ' until ' || (today + r.days));
    end if;
  end loop;
  return changed;
end $$;
