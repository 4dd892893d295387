-- Every row about a case carries who sees it. The database fills that in; nobody else can.
alter table case_part add column base int[] not null default '{}';
alter table case_part add column made_in xid8 not null default pg_current_xact_id();

-- Rows of a case that this very transaction opened may be put in by whoever opened it.
create function wall.made_here(c uuid) returns boolean language plpgsql stable security definer
set search_path = public, pg_temp as $$
begin
  -- Who has written nothing has made nothing, and no row is looked at.
  return pg_current_xact_id_if_assigned() is not null
     and (select exists (select 1 from case_part p where p.case_id = c and p.made_in = pg_current_xact_id_if_assigned()));
end $$;

create function wall.entry_keepers(c uuid, entry uuid) returns int[] language plpgsql stable security definer
set search_path = public, pg_temp as $$
begin
  return (select array_agg(wall.personal_group_if_any(r.owner_id)) from restriction r
           where r.case_id = c and r.lifted_at is null and r.entries ? entry::text);
end $$;

create function wall.stamp() returns trigger language plpgsql security definer
set search_path = public, pg_temp as $$
declare w uuid; a int[]; b int[]; mine int[]; k int[];
begin
  select aud, bar into a, b from case_part where case_id = new.case_id and part = new.part;
  if not found then
    raise exception 'no such case' using errcode = 'P0002';
  end if;
  -- A row of these tables belongs to one part, whatever is said: whoever sees that part sees the row, and no bar misses it.
  if wall.part_of(tg_table_name) is not null and new.part is distinct from wall.part_of(tg_table_name) then
    new.part := wall.part_of(tg_table_name);
    select aud, bar into a, b from case_part where case_id = new.case_id and part = new.part;
  end if;
  if tg_op = 'INSERT' then
    w := wall.who();
    if w is not null then
      -- Barred and absent answer alike.
      mine := wall.groups();
      if not (a && mine and not b && mine) and not wall.may_put(new.case_id) and not wall.is_house() then
        raise exception 'no such case' using errcode = 'P0002';
      end if;
      new.recorded_by := w;
      -- The house may say the beginning of today, for what follows from somebody unknown.
      new.recorded_at := case when w = wall.house() and new.recorded_at = wall.today()::timestamp at time zone 'Europe/London'
        then new.recorded_at else wall.noted() end;
    end if;
  end if;
  if tg_table_name = 'note' then
    if new.scope = 'personal' then
      a := array[wall.personal_group(new.recorded_by)];
    elsif new.scope = 'agency' then
      select coalesce(array_agg(g.id), '{}') into mine
        from audience_group g join practitioner p on p.id = new.recorded_by and p.agency_id = g.agency_id;
      a := array(select unnest(a) intersect select unnest(mine)) || wall.personal_group(new.recorded_by);
    end if;
  end if;
  -- Whoever is asked sees the question, and whoever is offered a referral sees the offer: that row and no other.
  if tg_table_name in ('information_request', 'onward_referral') then
    -- Not once it was taken back, or the consent it rests on has ended.
    if new.agency_id is not null
       and coalesce(to_jsonb(new)->>'ended_at', to_jsonb(new)->>'withdrawn_at') is null then
      a := a || wall.group_for('safeguarding_lead', new.agency_id) || wall.group_for('social_care_lead', new.agency_id);
    end if;
  end if;
  -- Whoever reviews an emergency opening sees that row, and not the case.
  if tg_table_name = 'break_glass' then
    a := a || array(select wall.group_for(r, x.agency::uuid) from case_file f,
                    lateral (select distinct jsonb_array_elements_text(b.value) as agency from jsonb_each(f.bindings) b) x,
                    unnest(wall.protector_roles()) r
                     where f.id = new.case_id);
  end if;
  -- A task is seen by the one who is to do it.
  if tg_table_name = 'task' then
    a := a || wall.personal_group(new.owner_id);
  end if;
  -- Nobody is asked, offered or given to do anything in a case that is held or set apart but those who keep it.
  if (tg_op = 'UPDATE' or tg_table_name in ('information_request', 'onward_referral', 'task', 'note')) then
    k := wall.keepers(new.case_id);
    if k is not null then
      a := case when new.part in ('file', 'support') then array(select unnest(a) intersect select unnest(aud) from case_part
             where case_id = new.case_id and part = new.part) else '{}' end;
    end if;
  end if;
  -- An entry that is held or set apart is for its keepers alone, whatever part it is in.
  if tg_op = 'UPDATE' and wall.entry_keepers(new.case_id, new.id) is not null then
    a := wall.entry_keepers(new.case_id, new.id);
  end if;
  new.aud := array(select distinct x from unnest(a) x where not x = any (b) order by x);
  new.bar := b;
  return new;
end $$;

-- Once whoever acts has put their decision on record, the case may move.
create function wall.decided() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if wall.acting(new.case_id) is not null then
    perform wall.set_acting(new.case_id, (wall.acting(new.case_id))[1], true);
  end if;
  return null;
end $$;

-- What only whoever does it can say of themselves, on whatever row.
create function wall.own_hand() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
declare w uuid := wall.who();
begin
  if w is null or w = wall.house() then
    return new;
  end if;
  if tg_table_name = 'interest' then
    -- Nobody can blind a team by naming it: whoever has an interest says so themselves.
    if new.practitioner_id <> w then
      raise exception 'an interest is declared by whoever has it' using errcode = '42501';
    end if;
  elsif tg_table_name = 'role_holding' then
    new.given_by := w;
    new.given_at := wall.now();
  elsif tg_table_name = 'alert' then
    if new.looked_again_by is distinct from old.looked_again_by then
      new.looked_again_by := w;
      new.looked_again_at := wall.now();
    end if;
  elsif tg_table_name = 'telling' then
    if new.agreed_by is distinct from old.agreed_by then
      new.agreed_by := w;
    end if;
  elsif tg_table_name = 'erasure_order' then
    if new.confirmed_by is distinct from old.confirmed_by then
      if old.recorded_by = w then
        raise exception 'an erasure is looked at again by somebody else' using errcode = '42501';
      end if;
      new.confirmed_by := w;
    end if;
  elsif tg_table_name = 'task' then
    if new.done_by is distinct from old.done_by then
      new.done_by := w;
    end if;
  end if;
  return new;
end $$;

create function wall.refuse() returns trigger language plpgsql as $$
begin
  raise exception 'the record is written once' using errcode = '42501';
end $$;
