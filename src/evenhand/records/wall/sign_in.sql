-- Coming in by a key of the machine door: as its owner, when it has the scope that the address asks for.
create function wall.enter_key(token text, scope text) returns uuid language plpgsql security definer
set search_path = public, pg_temp as $$
declare k uuid; p uuid;
begin
  select a.id, a.practitioner_id into k, p
    from api_key a join practitioner x on x.id = a.practitioner_id and x.active
   where a.key_hash = sha256(convert_to(token, 'UTF8')) and a.revoked_at is null
     and a.expires_at > statement_timestamp() and scope = any (a.scopes);
  if p is null then
    raise exception 'no session' using errcode = '28000';
  end if;
  perform wall.set_context(p, wall.groups_of(p));
  update api_key set last_used_on = wall.today() where id = k and last_used_on is distinct from wall.today();
  return k;
end $$;

-- A sitting ends by itself when nothing is done in it: the web says that something was, once a minute at most.
create function wall.still_here(hash bytea, seconds int) returns void language sql security definer
set search_path = pg_catalog, pg_temp as $$
  update wall.session set idle_until = statement_timestamp() + make_interval(secs => seconds) where token_hash = hash;
$$;
