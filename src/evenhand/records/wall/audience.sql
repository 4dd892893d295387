-- Who sees a case now, on whose list it stands, and what ends when consent does.
create function wall.relist(c uuid) returns void language plpgsql security definer
set search_path = public, pg_temp as $$
declare f case_file; wanted int[] := '{}'; barred int[];
begin
  select * into f from case_file where id = c;
  -- What is held or set apart is on no list but its own.
  if wall.keepers(c) is not null then
    wanted := '{}';
  elsif f.closed_at is null and f.due_at is not null then
    wanted := array(select g from (select unnest(f.aud) g union select wall.personal_group(f.owner_id)) x order by 1);
  elsif f.due_at is not null then
    -- What has ended is on the list of whoever has something to decide about it, and of nobody else.
    wanted := array(select distinct wall.personal_group(t.owner_id) from task t where t.case_id = c and t.done_at is null
                      and t.due_at is not null order by 1);
  end if;
  -- Most acts leave the list as it is; writing every line anew each time would bloat the table that all lists read.
  if exists (select 1 from wall.worklist w where w.case_id = c and w.due_at is distinct from f.due_at)
     or array(select w.viewer_group from wall.worklist w where w.case_id = c order by 1) is distinct from wanted then
    delete from wall.worklist where case_id = c;
    insert into wall.worklist select g, f.due_at, c from unnest(wanted) g;
  end if;
  barred := array(select g from unnest(f.bar) g order by 1);
  if array(select b.viewer_group from wall.case_bar b where b.case_id = c order by 1) is distinct from barred then
    delete from wall.case_bar where case_id = c;
    insert into wall.case_bar select g, c from unnest(barred) g;
  end if;
end $$;

-- Recompute who sees each part from the policy's groups, grants, commissions, ownership and declared conflicts.
create function wall.rewall(c uuid) returns void language plpgsql security definer
set search_path = public, pg_temp as $$
declare b int[] := '{}'; p record; a int[]; owner int[]; handling int[]; t text; barred uuid[]; k int[] := wall.keepers(c);
begin
  barred := wall.barred_people(c);
  if barred <> '{}' then
    b := array(select distinct wall.personal_group(x) from unnest(barred) x order by 1);
  end if;
  handling := wall.handling(c);
  select array[wall.personal_group(owner_id)] into owner from case_file where id = c;
  for p in select * from case_part where case_id = c loop
    a := p.base || array(
      select wall.personal_group(g.practitioner_id) from access_grant g
       where g.case_id = c and g.of_part = p.part and g.revoked_at is null and (g.until is null or g.until > wall.now()));
    if p.part in ('file', 'support') then
      a := a || owner;
    end if;
    -- A provider sees the support while something is asked of it, and no longer.
    if p.part = 'support' and exists (select 1 from commission k where k.case_id = c)
       and not exists (select 1 from commission k where k.case_id = c and k.ended_on is null) then
      a := array(select x from unnest(a) x where not exists (select 1 from audience_group g where g.id = x and g.role = 'provider'));
    end if;
    if p.part = 'file' then
      a := a || handling;
    end if;
    if k is not null then
      -- In danger a duty officer opens it all the same, for their hour.
      a := case when p.part in ('file', 'support') then k || array(select wall.personal_group(x.practitioner_id) from break_glass x
             where x.case_id = c and x.until > wall.now()) else '{}' end;
    end if;
    a := array(select distinct x from unnest(a) x where x is not null and not x = any (b) order by x);
    if a is distinct from p.aud or b is distinct from p.bar then
      update case_part set aud = a, bar = b where id = p.id;
      if p.part = 'file' then
        update case_file set aud = a, bar = b where id = c;
      end if;
      foreach t in array wall.row_tables(p.part) loop
        execute format('update %I set part = part where case_id = $1 and part = $2', t) using c, p.part;
      end loop;
    end if;
  end loop;
  perform wall.relist(c);
end $$;

-- What rests on consent ends with it, whether or not whoever writes it down may see it: sessions, sight of the support,
-- offers and questions to others, and what others were told. The rows stay as record; nobody outside reads them any more.
create function wall.end_on_consent(c uuid, rules jsonb) returns void language plpgsql security definer
set search_path = public, pg_temp as $$
declare told uuid[]; ended timestamptz := wall.now();
begin
  if not (wall.is_house() or wall.acting(c) is not null) then
    raise exception 'no such case' using errcode = 'P0002';
  end if;
  update commission set ended_on = wall.today() where case_id = c and ended_on is null;
  -- Whoever answers the person about their own data sees on until that is answered.
  update access_grant g set revoked_at = ended
   where g.case_id = c and g.of_part = 'support' and g.revoked_at is null
     and not exists (select 1 from rights_case x join rights_request q on q.id = x.request_id
                      where x.case_id = c and q.answered_at is null and g.practitioner_id in (x.said_by, q.owner_id));
  update information_request set withdrawn_at = ended
   where case_id = c and replied_at is null and withdrawn_at is null and rules->'bases' ? basis;
  update onward_referral set ended_at = ended, state = case when state = 'offered' then 'ended' else state end
   where case_id = c and ended_at is null and rules->'bases' ? basis;
  -- Nobody answers an offer that has ended: what counted the days until then stops with the last of them.
  if not exists (select 1 from onward_referral where case_id = c and state = 'offered') then
    with over as (update clock set stopped_at = ended
                   where case_id = c and stopped_at is null and rules->'clocks' ? code returning code)
    update task set done_at = ended, done_by = coalesce(wall.who(), wall.house())
     where case_id = c and done_at is null and code in (select code from over);
    perform wall.set_due(c);
  end if;
  with over as (
    update disclosure set ended_at = ended
     where case_id = c and ended_at is null and (rules->'bases' ? basis or kind = 'share' and rules->'purposes' ? purpose)
    returning agency_id)
  select array_agg(distinct agency_id) into told from over;
  if told is not null then
    insert into duty (id, case_id, kind, contents, once, due_at, tries, trouble)
    select gen_random_uuid(), c, 'notify', jsonb_build_object('template', 'sharing_stops', 'to',
             (select jsonb_agg(jsonb_build_array(r, a)) from unnest(told) a, unnest(array['safeguarding_lead', 'social_care_lead', 'provider']) r)),
           'sharing:' || c || ':' || ended, ended, 0, ''
    on conflict (once) do nothing;
  end if;
end $$;
