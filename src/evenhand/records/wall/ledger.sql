-- The ledger: put in, never changed. Order comes from the transaction number when it is sealed.
-- Every line is written here and by the sealer's padding, nowhere else.
create function wall.put_lines(lines bytea[], sealed bytea[]) returns setof bigint language plpgsql security definer
set search_path = public, pg_temp as $$
declare
  this bigint := pg_current_xact_id()::text::bigint;
  -- Read, and so held against a new epoch until this transaction ends: no line of an epoch comes after its end.
  e int := (select coalesce(max(number), 1) from ledger_epoch);
begin
  if exists (select 1 from (select epoch, xid from ledger_batch order by size desc limit 1) b where b.epoch = e and b.xid >= this) then
    raise exception 'transaction numbers went back: the database was restored, and its next epoch has not begun'
      using errcode = '55000';
  end if;
  return query insert into ledger_entry (epoch, xid, line, sealed) select e, this, l, s from unnest(lines, sealed) u(l, s) returning id;
end $$;

create function wall.append(c uuid, lines bytea[], sealed bytea[]) returns void language plpgsql security definer
set search_path = public, pg_temp as $$
begin
  if wall.who() is null then
    raise exception 'no session' using errcode = '28000';
  end if;
  if c is not null and not (wall.may_put(c) or wall.is_house()) then
    raise exception 'no such case' using errcode = 'P0002';
  end if;
  if c is null then
    perform wall.put_lines(lines, sealed);
  else
    insert into entry_of (entry_id, case_id) select n, c from wall.put_lines(lines, sealed) n;
  end if;
end $$;

create trigger no_change before update or delete on ledger_entry for each row execute function wall.refuse();
create trigger no_truncate before truncate on ledger_entry for each statement execute function wall.refuse();
alter table ledger_entry enable row level security;
alter table ledger_entry force row level security;
alter table entry_of enable row level security;
alter table entry_of force row level security;
create policy inside on ledger_entry to evenhand_owner using (session_user <> 'evenhand_owner')
  with check (session_user <> 'evenhand_owner');
create policy inside on entry_of to evenhand_owner using (session_user <> 'evenhand_owner')
  with check (session_user <> 'evenhand_owner');
create policy house on ledger_entry for select to evenhand_worker using ((select wall.is_house()));
create policy house on entry_of for select to evenhand_worker using ((select wall.is_house()));
grant select on ledger_entry, entry_of to evenhand_worker;

create trigger no_change before update or delete on decision for each row when (pg_trigger_depth() = 0 and current_user <> 'evenhand_owner')
  execute function wall.refuse();
create trigger z_decided after insert on decision for each row execute function wall.decided();
create trigger b_own_hand before insert on interest for each row execute function wall.own_hand();
create trigger b_own_hand before update on alert for each row execute function wall.own_hand();
create trigger b_own_hand before update on telling for each row execute function wall.own_hand();
create trigger b_own_hand before update on task for each row execute function wall.own_hand();
create trigger no_truncate before truncate on decision for each statement execute function wall.refuse();
