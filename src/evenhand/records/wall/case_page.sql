-- Everything of one case that the asker may see, in one statement: kind of row, the row.
create or replace function wall.case_page(c uuid) returns table (kind text, contents jsonb) language plpgsql stable security definer
set search_path = public, pg_temp as $$
#variable_conflict use_column
declare g int[] := wall.groups(); h boolean := wall.is_house();
begin
  if not (h or wall.sees(c, g)) then
    return;
  end if;
  return query {page_of_rows};
end $$;
