-- Reading the log: what was signed is open to everybody, and tells nothing but that something was written.

-- The house reads the tree as far as it goes; everybody else as far as it was signed.
create function wall.log_size() returns bigint language sql stable security definer set search_path = public, pg_temp as $$
  select case when (select wall.is_house()) then wall.tree_size()
              else coalesce((select size from ledger_checkpoint order by number desc limit 1), 0) end
$$;

-- The last checkpoint, the key it is signed with, when that was, and what witnesses added.
create function wall.log_checkpoint() returns table (number bigint, size bigint, note bytea, key text, signed_at timestamptz,
  step bigint, age double precision, cosigned text[]) language sql stable security definer set search_path = public, pg_temp as $$
  select c.number, c.size, c.note, l.key::text, c.signed_at, c.step, extract(epoch from clock_timestamp() - c.signed_at)::float8,
         array(select s.line from ledger_cosignature s where s.checkpoint = c.number order by s.id)
    from ledger_checkpoint c join ledger_log l on l.number = c.log
   order by c.number desc limit 1
$$;

create function wall.log_keys() returns table (key text, began_at timestamptz, reason text) language sql stable security definer
set search_path = public, pg_temp as $$
  select key::text, began_at, reason::text from ledger_log order by number desc
$$;

create function wall.log_alarms() returns table (kind text, said text, since timestamptz) language sql stable security definer
set search_path = public, pg_temp as $$
  select kind::text, said::text, since from ledger_alarm where until is null order by since
$$;

-- Hashes of leaves, one after another.
create function wall.log_leaves(begin_at bigint, many int) returns bytea language sql stable security definer
set search_path = public, pg_temp as $$
  select coalesce(string_agg(hash, '' order by position), '') from ledger_leaf
   where position >= begin_at and position < least(begin_at + least(many, 65536), (select wall.log_size()))
$$;

-- Roots of complete tiles of one level.
create function wall.log_roots(l int, begin_at bigint, many int) returns bytea language sql stable security definer
set search_path = public, pg_temp as $$
  select coalesce(string_agg(root, '' order by number), '') from ledger_tile
   where level = l and number >= begin_at and number < begin_at + least(many, 65536)
     and (number + 1) << (8 * (l + 1)) <= (select wall.log_size())
$$;

-- The nodes of some complete tiles.
create function wall.log_nodes(levels int[], numbers bigint[]) returns table (level int, number bigint, nodes bytea)
language sql stable security definer set search_path = public, pg_temp as $$
  select t.level::int, t.number, t.nodes from unnest(levels, numbers) u(l, n) join ledger_tile t on t.level = u.l and t.number = u.n
   where (t.number + 1) << (8 * (t.level + 1)) <= (select wall.log_size())
$$;

create function wall.log_lines(begin_at bigint, many int) returns setof bytea language sql stable security definer
set search_path = public, pg_temp as $$
  select e.line from ledger_leaf f join ledger_entry e on e.id = f.entry_id
   where f.position >= begin_at and f.position < least(begin_at + least(many, 256), (select wall.log_size())) order by f.position
$$;

-- The lines of a case for whoever may see its file: where each stands, when it has its place.
create function wall.lines_of(c uuid) returns table (entry_id bigint, place bigint, line bytea, sealed bytea)
language plpgsql stable security definer set search_path = public, pg_temp as $$
declare mine int[] := wall.groups(); signed bigint := wall.log_size();
begin
  if not wall.is_house() and not exists (select 1 from case_part p where p.case_id = c and p.part = 'file'
                                            and p.aud && mine and not p.bar && mine) then
    raise exception 'no such case' using errcode = 'P0002';
  end if;
  return query select e.id, case when f.position < signed then f.position end, e.line, e.sealed
    from entry_of o join ledger_entry e on e.id = o.entry_id left join ledger_leaf f on f.entry_id = e.id
   where o.case_id = c order by e.id;
end $$;
