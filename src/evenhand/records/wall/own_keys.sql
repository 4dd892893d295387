-- Keys of people's own: everybody reads and makes their own alone; others get what they need to seal to somebody.
alter table own_key enable row level security;
alter table own_key force row level security;
create policy see on own_key for select to evenhand_app using (practitioner_id = (select wall.who()));
create policy put on own_key for insert to evenhand_app with check (practitioner_id = (select wall.who()));
create policy mend on own_key for update to evenhand_app
  using (practitioner_id = (select wall.who())) with check (practitioner_id = (select wall.who()));
create policy house on own_key for select to evenhand_worker using ((select wall.is_house()));
create policy inside on own_key to evenhand_owner using (session_user <> 'evenhand_owner') with check (session_user <> 'evenhand_owner');
grant select, insert, update (retired_at) on own_key to evenhand_app;
revoke update on key_wrap from evenhand_app;

-- Whose keys a part of a case is sealed to: who holds one of these roles today and is not kept out of the case.
-- Numbers and public halves alone: it does not say who they are. Asked by whoever may write into the case, or hands over
-- somebody's work and composes the line of it first; to anybody else the answer is that of a case that is not there, or a
-- key that is missing would tell whose it is that they are kept out.
create function wall.holder_keys(c uuid, pairs jsonb) returns table (key_id uuid, public bytea, role text, agency_id uuid)
language plpgsql stable security definer set search_path = public, pg_temp as $$
#variable_conflict use_column
begin
  if wall.who() is null or not (wall.may_put(c) or wall.is_house()
       or exists (select 1 from case_file f, wall.work_of(f.owner_id) w where f.id = c and w.case_id = c)) then
    raise exception 'no such case' using errcode = 'P0002';
  end if;
  return query select distinct on (k.id) k.id, k.public, h.role::text, h.agency_id
    from jsonb_array_elements(pairs) x
    join role_holding h on h.role = x->>0 and h.agency_id = (x->>1)::uuid
     and h.from_date <= wall.today() and (h.to_date is null or h.to_date >= wall.today())
    join practitioner p on p.id = h.practitioner_id and p.active
    join own_key k on k.practitioner_id = p.id and k.retired_at is null
   where not exists (select 1 from case_file f where f.id = c and f.bar && array[p.personal_group])
   order by k.id, h.role;
end $$;

-- Nobody keeps what their role no longer gives them: a leaver, a mover, somebody kept out, a key given up. A content
-- whose only holder that is stays as it is, sealed to a passphrase, because nobody could open it ever again.
create function wall.empty_lost_wraps(whose uuid) returns int language plpgsql security definer
set search_path = public, pg_temp as $$
declare n int;
begin
  if not (wall.is_house() or (whose is not null and (wall.holds('administrator') or whose = wall.who()))) then
    return 0;
  end if;
  with lost as (
    select w.id, w.content_id from key_wrap w
      join own_key k on k.id = w.key_id join practitioner p on p.id = k.practitioner_id
     where w.wrapped <> '' and (whose is null or p.id = whose)
       and (k.retired_at is not null or not p.active
            or not exists (select 1 from role_holding h where h.practitioner_id = p.id and h.role = w.role and h.agency_id = w.agency_id
                             and h.from_date <= wall.today() and (h.to_date is null or h.to_date >= wall.today()))
            or exists (select 1 from case_file f where f.id = w.case_id and f.bar && array[p.personal_group])))
  update key_wrap w set wrapped = '' from lost
   where w.id = lost.id
     and exists (select 1 from key_wrap o where o.content_id = lost.content_id and o.wrapped <> '' and o.id not in (select id from lost));
  get diagnostics n = row_count;
  return n;
end $$;
