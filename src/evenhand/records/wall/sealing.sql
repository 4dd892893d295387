-- Sealing: each line gets its place in the tree once. Only the house (the worker's role) seals, through these functions;
-- nobody, the owner of the tables included, may change or remove what is sealed.

-- The first epoch has no row.
create function wall.epoch() returns int language sql stable security definer set search_path = public, pg_temp as $$
  select coalesce(max(number), 1) from ledger_epoch
$$;

do $$
declare t text;
begin
  foreach t in array array['ledger_epoch', 'ledger_leaf', 'ledger_batch', 'ledger_tile', 'ledger_log', 'ledger_checkpoint',
                           'ledger_cosignature'] loop
    execute format('create trigger no_change before update or delete on %I for each row execute function wall.refuse()', t);
  end loop;
  foreach t in array array['ledger_epoch', 'ledger_leaf', 'ledger_batch', 'ledger_tile', 'ledger_log', 'ledger_checkpoint',
                           'ledger_cosignature', 'ledger_alarm'] loop
    execute format('create trigger no_truncate before truncate on %I for each statement execute function wall.refuse()', t);
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('create policy inside on %I to evenhand_owner using (session_user <> ''evenhand_owner'')'
                   ' with check (session_user <> ''evenhand_owner'')', t);
    execute format('create policy house on %I for select to evenhand_worker using ((select wall.is_house()))', t);
    execute format('grant select on %I to evenhand_worker', t);
  end loop;
end $$;
-- Parts of a tile are read without the rest, and hashes do not compress.
alter table ledger_tile alter column nodes set storage external;

create function wall.only_house() returns void language plpgsql stable as $$
begin
  if not wall.is_house() then
    raise exception 'only the house seals' using errcode = '42501';
  end if;
end $$;

-- One sealer at a time: true when this transaction is the one. A lock on a table, because any role may take an advisory one.
create function wall.take_sealing() returns boolean language plpgsql security definer set search_path = public, pg_temp as $$
begin
  perform wall.only_house();
  lock table ledger_batch in exclusive mode nowait;
  return true;
exception when lock_not_available then
  return false;
end $$;

create function wall.tree_size() returns bigint language sql stable security definer set search_path = public, pg_temp as $$
  select coalesce((select position + 1 from ledger_leaf order by position desc limit 1), 0)
$$;

-- Give the next lines their places: those of ended epochs, and those of this one below every transaction still under way.
-- Whatever commits later has a higher number, so nothing is passed over; the places are a key, so nothing is sealed twice.
create function wall.seal(most int) returns table (first bigint, hashes bytea) language plpgsql security definer
set search_path = public, pg_temp set enable_seqscan = off set enable_sort = off as $$
declare
  w ledger_batch;
  n bigint;
  last bigint[];
begin
  if not wall.take_sealing() then
    return;
  end if;
  select * into w from ledger_batch order by size desc limit 1;
  if not found then
    w := (0, 0, 9223372036854775807, 9223372036854775807);
  end if;
  n := wall.tree_size();
  with picked as materialized (
    select e.epoch, e.xid, e.id, sha256('\x00'::bytea || e.line) as h, row_number() over (order by e.epoch, e.xid, e.id) as r
      from ledger_entry e
     where (e.epoch, e.xid, e.id) > (w.epoch, w.xid, w.entry_id)
       and (e.epoch, e.xid) < ((select wall.epoch()), pg_snapshot_xmin(pg_current_snapshot())::text::bigint)
     order by e.epoch, e.xid, e.id limit most),
  put as (
    insert into ledger_leaf (position, entry_id, hash) select n + r - 1, id, h from picked)
  select string_agg(h, '' order by r), (array_agg(array[epoch, xid, id] order by r desc))[1:1] into hashes, last from picked;
  if hashes is null then
    return;
  end if;
  insert into ledger_batch (size, epoch, xid, entry_id)
  values (n + length(hashes) / 32, last[1][1], last[1][2], last[1][3]);
  first := n;
  return next;
end $$;

-- Lines that say nothing, made by the sealer and placed at once; their epoch is none, so they are never picked again.
create function wall.pad(lines bytea[]) returns bigint language plpgsql security definer set search_path = public, pg_temp as $$
declare n bigint;
begin
  if not wall.take_sealing() then
    raise exception 'another sealer is at work' using errcode = '55P03';
  end if;
  n := wall.tree_size();
  with written as (
    insert into ledger_entry (epoch, xid, line, sealed) select 0, 0, l, '' from unnest(lines) l
    returning id, sha256('\x00'::bytea || line) h)
  insert into ledger_leaf (position, entry_id, hash) select n + row_number() over (order by id) - 1, id, h from written;
  return n;
end $$;

create function wall.keep_tiles(l int, begin_at bigint, r bytea[], n bytea[]) returns void language plpgsql security definer
set search_path = public, pg_temp as $$
begin
  perform wall.only_house();
  insert into ledger_tile (level, number, root, nodes)
  select l, begin_at + o - 1, a, b from unnest(r, n) with ordinality u(a, b, o);
end $$;

-- After a restore numbers may begin anew. Whoever is writing a line is waited for; nobody writes one meanwhile.
create function wall.begin_epoch(why text) returns int language plpgsql security definer set search_path = public, pg_temp as $$
declare e int;
begin
  perform wall.only_house();
  lock table ledger_epoch in access exclusive mode;
  insert into ledger_epoch (number, began_at, reason) values (wall.epoch() + 1, clock_timestamp(), left(why, 200))
  returning number into e;
  return e;
end $$;
-- Is there a line of a transaction that this server has not come to yet?
create function wall.numbers_went_back() returns boolean language sql security definer set search_path = public, pg_temp as $$
  select exists (select 1 from ledger_entry
                  where (epoch, xid) >= ((select wall.epoch()), pg_snapshot_xmax(pg_current_snapshot())::text::bigint))
$$;

create function wall.keep_log(k text, why text) returns int language plpgsql security definer set search_path = public, pg_temp as $$
declare n int;
begin
  perform wall.only_house();
  insert into ledger_log (number, key, began_at, reason)
  select coalesce(max(number), 0) + 1, k, clock_timestamp(), left(why, 400) from ledger_log returning number into n;
  return n;
end $$;

create function wall.keep_checkpoint(n bigint, l int, s bigint, body bytea, by bigint) returns void language plpgsql security definer
set search_path = public, pg_temp as $$
begin
  perform wall.only_house();
  insert into ledger_checkpoint (number, log, size, note, step, signed_at) values (n, l, s, body, by, clock_timestamp());
end $$;

create function wall.keep_cosignature(n bigint, w text, signed text) returns void language plpgsql security definer
set search_path = public, pg_temp as $$
begin
  perform wall.only_house();
  insert into ledger_cosignature (checkpoint, witness, line, at) values (n, w, signed, clock_timestamp()) on conflict do nothing;
end $$;

-- True when this alarm was not on yet.
create function wall.raise_alarm(k text, why text) returns boolean language plpgsql security definer set search_path = public, pg_temp as $$
begin
  perform wall.only_house();
  insert into ledger_alarm (kind, said, since) select k, left(why, 600), clock_timestamp()
   where not exists (select 1 from ledger_alarm where kind = k and until is null) on conflict do nothing;
  return found;
end $$;
create function wall.lower_alarm(k text) returns boolean language plpgsql security definer set search_path = public, pg_temp as $$
begin
  perform wall.only_house();
  update ledger_alarm set until = clock_timestamp() where kind = k and until is null;
  return found;
end $$;
