-- What is to be done, in the order in which it is due, from lists kept by audience.
create function wall.worklist(only_mine boolean, lim int, after_due timestamptz, after_case uuid)
returns table (case_id uuid, reference text, journey text, place text, due_at timestamptz, due_for text, owner_id uuid,
               opened_at timestamptz, urgent boolean, identified boolean, identity bytea) language plpgsql stable security definer
set search_path = public, pg_temp as $$
#variable_conflict use_column
declare g int[] := wall.groups(); b uuid[]; w uuid := wall.who();
begin
  b := array(select x.case_id from wall.case_bar x where x.viewer_group = any (g));
  if only_mine then
    g := array[wall.personal_group_if_any(w)];
  end if;
  return query
    select f.id, f.reference::text, f.journey::text, f.place::text, f.due_at, f.due_for::text, f.owner_id, f.opened_at,
           f.urgent, f.person_id is not null,
           (select i.sealed from identity i where i.case_id = f.id and not i.superseded and i.aud && wall.groups() limit 1)
      from (select distinct z.due_at, z.case_id from unnest(g) u(v) cross join lateral
             (select x.due_at, x.case_id from wall.worklist x
               where x.viewer_group = u.v and (x.due_at, x.case_id) > (after_due, after_case) and x.case_id <> all (b)
               order by x.due_at, x.case_id limit lim) z
            order by z.due_at, z.case_id limit lim) y
      join case_file f on f.id = y.case_id
     order by y.due_at, y.case_id;
end $$;

create function wall.personal_group_if_any(p uuid) returns integer language plpgsql stable security definer
set search_path = public, pg_temp as $$
begin
  return (select id from audience_group where practitioner_id = p);
end $$;

-- How much is on a viewer's own list, up to a cap, and how much of it is overdue.
create function wall.worklist_count(only_mine boolean, cap int) returns table (n int, overdue int)
language plpgsql stable security definer set search_path = public, pg_temp as $$
#variable_conflict use_column
declare g int[] := wall.groups(); b uuid[]; x int; ids uuid[] := '{}'; late uuid[] := '{}';
begin
  b := array(select y.case_id from wall.case_bar y where y.viewer_group = any (g));
  if only_mine then
    g := array[wall.personal_group_if_any(wall.who())];
  end if;
  foreach x in array g loop
    ids := ids || array(select y.case_id from wall.worklist y where y.viewer_group = x and y.case_id <> all (b) limit cap + 1);
    late := late || array(select y.case_id from wall.worklist y where y.viewer_group = x and y.case_id <> all (b)
                            and y.due_at < wall.now() limit cap + 1);
    exit when cardinality(ids) > cap;
  end loop;
  return query select least((select count(distinct i)::int from unnest(ids) i), cap + 1),
                      least((select count(distinct i)::int from unnest(late) i), cap + 1);
end $$;

create function wall.stands_still(pauses jsonb) returns boolean language sql immutable as $$
  select exists (select 1 from jsonb_array_elements(coalesce(pauses, '[]')) q where q->>1 is null)
$$;

-- A task that belongs to a clock is due when the clock is, also after it stood still.
create function wall.tasks_with_clocks(c uuid) returns void language plpgsql security definer
set search_path = public, pg_temp as $$
begin
  update task t set due_at = k.due_at from clock k
   where t.case_id = c and t.done_at is null and k.case_id = c and k.stopped_at is null and k.code = t.code and k.part = t.part
     and jsonb_array_length(k.pauses) > 0 and t.due_at is distinct from k.due_at;
end $$;

-- What is due next on a case: the earliest running clock or open task that everybody who sees the file may know of.
-- A clock that stands still is due on no day, and neither is the task that belongs to it.
create function wall.set_due(c uuid) returns void language plpgsql security definer
set search_path = public, pg_temp as $$
begin
  update case_file f set due_at = n.due_at, due_for = coalesce(n.code, '')
    from (select case_file.id, x.due_at, x.code from case_file left join lateral (
            select k.due_at, k.code from clock k where k.case_id = c and k.stopped_at is null and k.part <> 'deconfliction'
               and not wall.stands_still(k.pauses)
            union all select t.due_at, t.code from task t where t.case_id = c and t.done_at is null and t.due_at is not null
               and not exists (select 1 from clock k where k.case_id = c and k.code = t.code and k.stopped_at is null and wall.stands_still(k.pauses))
            order by 1 limit 1) x on true where case_file.id = c) n
   where f.id = n.id and (f.due_at is distinct from n.due_at or f.due_for is distinct from coalesce(n.code, ''));
end $$;
