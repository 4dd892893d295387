"""A draft is found by its code and in no other way."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from evenhand.casework.draft import grouped, keep, new_code, open_draft, plain_code
from evenhand.gate.entry import enter_door


@settings(max_examples=50)
@given(st.text("0123456789", min_size=16, max_size=16))
def test_a_code_is_read_however_it_is_grouped(code):
    assert plain_code(grouped(code)) == code
    assert plain_code(f" {code[:8]}-{code[8:]} ") == code


def test_what_is_no_code_is_no_code():
    for text in ("", "123", "1" * 17, "12345678901234a6", "١" * 16):
        assert plain_code(text) is None


def test_a_draft_opens_with_its_code_alone(database):
    code, other = new_code(), new_code()
    with enter_door():
        keep(code, {"answers": {"names": "Zoë"}})
        assert open_draft(code) == {"answers": {"names": "Zoë"}}
        assert open_draft(other) is None
