-- An administrator hands over the work of somebody who is away or has left, without seeing any of it. What stands apart is
-- handed on by the team on that side and by nobody else: here it is as if it were not there.
create function wall.work_of(p uuid)
returns table (case_id uuid, reference text, pack text, journey text, edition text, place text, bindings jsonb)
language sql stable security definer set search_path = public, pg_temp as $$
  select f.id, f.reference::text, f.pack::text, f.journey::text, f.edition::text, f.place::text, f.bindings
    from case_file f
   where f.owner_id = p and f.closed_at is null and not f.bar && wall.groups() and f.apart = ''
     and exists (select 1 from wall.holdings() h, jsonb_each(f.bindings) b, jsonb_array_elements_text(b.value) a
                  where h.role = 'administrator' and h.agency_id::text = a)
   order by f.due_at limit 1000
$$;

-- Who takes a case on whose owner no longer holds the role that owns it: `owed` says whether that is so.
create function wall.next_owner(c uuid, owning_role text, agencies uuid[], out owed boolean, out taker uuid)
language plpgsql volatile security definer set search_path = public, pg_temp as $$
declare o uuid; a uuid;
begin
  owed := false;
  select f.owner_id into o from case_file f where f.id = c;
  if o is null or not exists (select 1 from wall.work_of(o) w where w.case_id = c)
     or exists (select 1 from role_holding h join practitioner p on p.id = h.practitioner_id and p.active
                 where h.practitioner_id = o and h.role = owning_role and h.agency_id = any (agencies)
                   and h.from_date <= wall.today() and (h.to_date is null or h.to_date >= wall.today())) then
    return;
  end if;
  owed := true;
  foreach a in array agencies loop
    taker := wall.pick_owner(owning_role, a, c);
    exit when taker is not null;
  end loop;
  if taker is not null then
    insert into wall.turn values (taker, wall.now()) on conflict (practitioner_id) do update set given_at = excluded.given_at;
  end if;
end $$;

create function wall.reassign(c uuid, receiver uuid, owning_role text, agencies uuid[], d jsonb, sealed bytea, line bytea, opening bytea)
returns boolean language plpgsql security definer set search_path = public, pg_temp as $$
declare f case_file;
begin
  select * into f from case_file where id = c for update;
  if f.id is null or not exists (select 1 from wall.work_of(f.owner_id) w where w.case_id = c) then
    return false;
  end if;
  -- Only somebody who holds the owning role there today, who sees the file by that role, and who is not barred.
  if not exists (select 1 from role_holding h join practitioner p on p.id = h.practitioner_id and p.active
                  join audience_group g on g.agency_id = h.agency_id and g.role = h.role and g.practitioner_id is null
                 where h.practitioner_id = receiver and h.role = owning_role and h.agency_id = any (agencies) and g.id = any (f.aud)
                   and h.from_date <= wall.today() and (h.to_date is null or h.to_date >= wall.today()))
     or receiver = any (wall.barred_people(c)) then
    return false;
  end if;
  perform wall.set_acting(c, 'row', false);
  insert into decision (id, case_id, part, recorded_at, recorded_by, aud, bar, step, verb, outcome, from_place, to_place, clause,
                        happened_at, shape_hash, lists_hash, sealed, idempotency_key)
  values ((d->>'id')::uuid, c, 'file', wall.now(), wall.who(), '{}', '{}', d->>'step', 'assign', d->>'outcome', f.place, f.place,
          d->>'clause', wall.now(), d->>'shape_hash', d->>'lists_hash', sealed, (d->>'id')::uuid);
  update case_file set owner_id = receiver, version = version + 1, changed_at = wall.now() where id = c;
  perform wall.rewall(c);
  perform wall.append(c, array[line], array[opening]);
  return true;
end $$;
