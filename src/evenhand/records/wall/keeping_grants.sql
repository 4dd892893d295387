-- Who may call what keeping, forgetting, rights and exports need; after every function has been taken from everybody.
grant execute on function wall.erase(uuid, jsonb), wall.set_due(uuid) to evenhand_worker;
grant execute on function wall.reporter_wrote(uuid) to evenhand_worker, evenhand_app;
grant execute on function wall.set_apart_list(), wall.set_apart_entry(uuid, uuid), wall.answers_for(uuid),
  wall.told_to_others(uuid), wall.told_to_us() to evenhand_app;
grant execute on function wall.tasks_with_clocks(uuid) to evenhand_worker;
grant execute on function wall.protects_data_at(uuid), wall.answers_request(uuid), wall.rights_find(uuid, text[], int),
  wall.rights_sight(uuid, uuid, bytea), wall.disclosures(int), wall.may_approve(uuid) to evenhand_app;
grant execute on function wall.forget_old(jsonb), wall.complained_of(uuid) to evenhand_worker;
