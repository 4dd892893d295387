-- For one table of rows about an area: {table}.
create trigger a_stamp before insert or update on {table} for each row execute function wall.area_row_stamp();
alter table {table} enable row level security;
alter table {table} force row level security;
create policy see on {table} for select to evenhand_app using (aud && (select wall.groups()));
create policy put on {table} for insert to evenhand_app
  with check (aud && (select wall.groups()) and (select wall.protects()) and wall.same_area('{table}', to_jsonb({table})));
create policy mend on {table} for update to evenhand_app
  using (aud && (select wall.groups()) and (select wall.protects())) with check (aud && (select wall.groups()));
create policy house on {table} for select to evenhand_worker using ((select wall.is_house()));
create policy inside on {table} to evenhand_owner using (session_user <> 'evenhand_owner')
  with check (session_user <> 'evenhand_owner');
grant select, insert on {table} to evenhand_app;
grant select on {table} to evenhand_worker;
