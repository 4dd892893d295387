-- Functions are nobody's until they are given to somebody.
revoke all on all functions in schema wall from public;
revoke all on all tables in schema wall from public;
grant usage on schema wall to evenhand_app, evenhand_signin, evenhand_worker, evenhand_equality;
grant execute on function
  wall.enter(text), wall.enter_door(), wall.groups(), wall.who(), wall.now(), wall.today(), wall.is_house(),
  wall.holdings(), wall.holds(text), wall.made_here(uuid), wall.may_put(uuid),
  wall.open_case(jsonb), wall.standing(uuid, boolean, uuid), wall.settle(uuid, int, jsonb), wall.case_page(uuid),
  wall.worklist(boolean, int, timestamptz, uuid), wall.worklist_count(boolean, int),
  wall.search_names(text[], int), wall.index_names(uuid, text[]),
  wall.append(uuid, bytea[], bytea[]),
  wall.keep_draft(text, bytea, int), wall.open_draft(text), wall.drop_draft(text),
  wall.take_row(text, uuid), wall.row_taken(text), wall.begun(text, uuid), wall.health(), wall.fingerprint(), wall.keystore(), wall.house(), wall.door(), wall.work_of(uuid),
  wall.reassign(uuid, uuid, text, uuid[], jsonb, bytea, bytea, bytea)
to evenhand_app;
grant execute on function wall.enter_house(), wall.today(), wall.keystore_is(uuid), wall.pick_owner(text, uuid, uuid), wall.names_missing(), wall.relist(uuid), wall.rewall(uuid), wall.keepers(uuid),
  wall.end_on_consent(uuid, jsonb) to evenhand_worker;
grant execute on function wall.protector_roles(), wall.protects(jsonb) to evenhand_app;
grant execute on function wall.answers_for(uuid) to evenhand_app;
grant execute on function wall.keep_out_named(uuid, text[], text[], jsonb), wall.name_one(uuid, uuid, text, bytea),
  wall.say_kept_out(uuid, uuid, boolean, text, bytea),
  wall.note_look(uuid, text, text, bytea), wall.note_found(uuid[]), wall.looks_of(uuid, boolean, timestamptz, uuid, int),
  wall.looks_across(uuid, timestamptz, uuid, int), wall.answers_for_looks(uuid), wall.earlier(uuid),
  wall.break_glass(text, bytea, timestamptz), wall.review_glass(uuid, text, bytea), wall.held(),
  wall.reference_of_glass(uuid), wall.done_in_glass(uuid) to evenhand_app;
grant execute on function wall.hears_call(uuid), wall.names_somebody(uuid), wall.name_in_call(uuid, text, text[]), wall.named_in_call(uuid),
  wall.say_of_call(uuid, uuid, boolean) to evenhand_app;
grant execute on function wall.told_of_call(uuid) to evenhand_worker;
grant execute on function wall.barred_people(uuid), wall.relations_since(), wall.start_confirming(uuid, jsonb) to evenhand_worker;
grant execute on function wall.still_tells(uuid), wall.began(uuid), wall.calls_at(uuid), wall.runs_meeting(uuid), wall.speaks(uuid, uuid, uuid) to evenhand_app;
grant execute on function wall.open_session(uuid, bytea, int), wall.close_session(bytea), wall.close_sessions_of(uuid),
  wall.post_letter(uuid, text)
to evenhand_signin;
grant execute on function wall.log_size(), wall.log_checkpoint(), wall.log_keys(), wall.log_alarms(), wall.log_leaves(bigint, int),
  wall.log_roots(int, bigint, int), wall.log_nodes(int[], bigint[]), wall.log_lines(bigint, int), wall.lines_of(uuid) to evenhand_app;
grant execute on function wall.take_sealing(), wall.seal(int), wall.pad(bytea[]), wall.tree_size(), wall.keep_tiles(int, bigint, bytea[], bytea[]),
  wall.begin_epoch(text), wall.numbers_went_back(), wall.keep_log(text, text), wall.keep_checkpoint(bigint, int, bigint, bytea, bigint),
  wall.keep_cosignature(bigint, text, text), wall.raise_alarm(text, text), wall.lower_alarm(text) to evenhand_worker;
grant execute on function wall.holder_keys(uuid, jsonb), wall.empty_lost_wraps(uuid) to evenhand_app;
grant execute on function wall.enter_key(text, text), wall.next_owner(uuid, text, uuid[]) to evenhand_app;
grant execute on function wall.still_here(bytea, int), wall.somebody_of(text, text), wall.works_at(uuid, text),
  wall.roles_by_group(uuid, text, jsonb) to evenhand_signin;
revoke all on schema public from public;
grant usage on schema public to evenhand_app, evenhand_signin, evenhand_worker, evenhand_equality;
