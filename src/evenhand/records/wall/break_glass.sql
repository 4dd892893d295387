-- Break-glass: a duty officer opens what they could not, for an hour, with a reason, and somebody else looks at it.
-- Never what they are barred from, and never what stands apart: for those the answer is that of a case that is not there.
create function wall.break_glass(ref text, why bytea, review_by timestamptz) returns uuid language plpgsql security definer
set search_path = public, pg_temp as $$
declare g int[] := wall.groups(); w uuid := wall.who(); f case_file; n uuid := gen_random_uuid();
begin
  if not wall.holds('duty_officer') or length(why) < 30 then
    raise exception 'not your role' using errcode = '42501';
  end if;
  select * into f from case_file x where x.reference = ref;
  if f.id is null or f.bar && g or f.apart <> ''
     or not exists (select 1 from wall.holdings() h where h.role = 'duty_officer'
                       and exists (select 1 from jsonb_each(f.bindings) b where b.value ? h.agency_id::text)) then
    return null;
  end if;
  if f.aud && g then
    return f.id;
  end if;
  perform wall.set_acting(f.id, 'row', false);
  insert into break_glass (id, case_id, part, recorded_at, recorded_by, aud, bar, practitioner_id, until, review_due_at, result, sealed)
  values (n, f.id, 'file', wall.now(), w, '{}', '{}', w, wall.now() + interval '1 hour',
          least(greatest(review_by, wall.now()), wall.now() + interval '6 days'), '', why);
  insert into access_grant (id, case_id, part, recorded_at, recorded_by, aud, bar, practitioner_id, of_part, until, sealed)
  select gen_random_uuid(), f.id, 'file', wall.now(), w, '{}', '{}', w, p, wall.now() + interval '1 hour', why
    from unnest(array['file', 'support']) p;
  insert into duty (id, case_id, kind, contents, once, due_at, tries, trouble)
  values (gen_random_uuid(), f.id, 'notify', jsonb_build_object('template', 'glass_broken', 'to',
            jsonb_build_array(jsonb_build_array('owner', '')) || coalesce((select jsonb_agg(jsonb_build_array(r, a.id))
              from agency a, unnest(wall.protector_roles()) r where exists (select 1 from jsonb_each(f.bindings) b where b.value ? a.id::text)), '[]')),
          'glass:' || n, wall.now(), 0, '');
  perform wall.rewall(f.id);
  return f.id;
end $$;

-- Somebody else, outside the case, says whether it was in order.
create function wall.review_glass(n uuid, verdict text, words bytea) returns boolean language plpgsql security definer
set search_path = public, pg_temp as $$
declare b break_glass; w uuid := wall.who();
begin
  select * into b from break_glass x where x.id = n and x.aud && wall.groups() and not x.bar && wall.groups() for update;
  if b.id is null or b.practitioner_id = w or not wall.protects(null) or verdict not in ('in_order', 'not_in_order')
     or b.result = 'in_order' or (b.result = 'not_in_order' and b.reviewed_by = w) then
    return false;
  end if;
  update break_glass set result = verdict, reviewed_by = w, reviewed_at = wall.now(), sealed_review = words where id = n;
  return true;
end $$;

-- What a reviewer is told of the case: its number, and what was done in that hour, in codes.
create function wall.reference_of_glass(n uuid) returns text language sql stable security definer set search_path = public, pg_temp as $$
  select f.reference::text from break_glass b join case_file f on f.id = b.case_id
   where b.id = n and b.aud && wall.groups() and not b.bar && wall.groups()
$$;
create function wall.done_in_glass(n uuid) returns table (kind text, what text, times int) language sql stable security definer
set search_path = public, pg_temp as $$
  select 'look'::text, l.kind::text, sum(l.times)::int from break_glass b join look l on l.case_id = b.case_id
     and l.practitioner_id = b.practitioner_id and l.last_at >= b.recorded_at and l.first_at <= b.until
   where b.id = n and b.aud && wall.groups() and not b.bar && wall.groups() group by l.kind
  union all
  select 'step', d.step::text, count(*)::int from break_glass b join decision d on d.case_id = b.case_id
     and d.recorded_by = b.practitioner_id and d.recorded_at between b.recorded_at and b.until
   where b.id = n and b.aud && wall.groups() and not b.bar && wall.groups() group by d.step
$$;

-- An account is held while an opening was not reviewed in time, or was found not to be in order.
create function wall.is_held(p uuid) returns boolean language plpgsql stable security definer set search_path = public, pg_temp as $$
begin
  return (select exists (select 1 from break_glass b where b.practitioner_id = p and not b.result = 'in_order'
                            and (b.result = 'not_in_order' or b.review_due_at < wall.now())));
end $$;
create function wall.held() returns table (reference text, opened_at timestamptz, review_due_at timestamptz, result text)
language sql stable security definer set search_path = public, pg_temp as $$
  select f.reference::text, b.recorded_at, b.review_due_at, b.result::text from break_glass b join case_file f on f.id = b.case_id
   where b.practitioner_id = wall.who() and not b.result = 'in_order' and (b.result = 'not_in_order' or b.review_due_at < wall.now())
   order by 2
$$;

-- An hour is an hour, worker or no worker: what was opened in an emergency ends when whoever opened it comes in after it.
create function wall.end_grants(p uuid) returns void language plpgsql security definer set search_path = public, pg_temp as $$
declare c uuid;
begin
  if not exists (select 1 from access_grant a where a.practitioner_id = p and a.revoked_at is null and a.until is not null
                    and a.until <= wall.now() and a.until <= a.recorded_at + interval '1 hour') or pg_is_in_recovery() then
    return;
  end if;
  for c in update access_grant set revoked_at = wall.now()
            where practitioner_id = p and revoked_at is null and until is not null and until <= wall.now()
              and until <= recorded_at + interval '1 hour' returning case_id loop
    perform wall.rewall(c);
  end loop;
end $$;
