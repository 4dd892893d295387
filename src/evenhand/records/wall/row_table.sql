-- For one table of rows about a case: {table}.
alter table {table} enable row level security;
alter table {table} force row level security;
create trigger a_stamp before insert or update on {table} for each row execute function wall.stamp();
create policy see on {table} for select to evenhand_app
  using (aud && (select wall.groups()) and (bar = '{{}}' or not bar && (select wall.groups())));
create policy put on {table} for insert to evenhand_app
  with check ((aud && (select wall.groups()) and (bar = '{{}}' or not bar && (select wall.groups()))) or wall.may_put(case_id));
create policy mend on {table} for update to evenhand_app
  using (aud && (select wall.groups()) and (bar = '{{}}' or not bar && (select wall.groups())))
  with check (aud && (select wall.groups()) and (bar = '{{}}' or not bar && (select wall.groups())));
create policy house on {table} to evenhand_worker using ((select wall.is_house())) with check ((select wall.is_house()));
create policy inside on {table} to evenhand_owner using (session_user <> 'evenhand_owner')
  with check (session_user <> 'evenhand_owner');
grant select, insert on {table} to evenhand_app;
