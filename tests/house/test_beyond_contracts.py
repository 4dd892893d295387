"""What import contracts cannot see: SQL that writes, relations that lead backwards, work left undone."""

from __future__ import annotations

import re

from django.apps import apps
from django.db import models

from tests.house.checkout import PACKAGE, named, python_files, strings_of, text_of

WRITING = re.compile(
    r"\b(insert\s+into|delete\s+from|truncate|update\s+\w+\s+set|(create|alter|drop)\s+(table|policy|function|role|schema))\b",
    re.I,
)
MAY_WRITE = {"gate", "records", "operations", "oversight"}
# The key store is a file of its own, and no table of the database.
KEY_STORE = {f"src/evenhand/outside/{name}.py" for name in ("keystore", "key_rotation", "key_copies")}
UNDONE = re.compile(r"\b(TODO|FIXME|XXX|NotImplementedError)\b")


def test_only_the_gate_and_the_floors_that_keep_and_count_write_with_sql():
    for path in python_files():
        if not path.is_relative_to(PACKAGE) or named(path) in KEY_STORE:
            continue
        if path.relative_to(PACKAGE).parts[0] in MAY_WRITE:
            continue
        for line, text in strings_of(path):
            assert not WRITING.search(text), f"{named(path)}:{line}"


def test_no_relation_leads_backwards():
    for model in apps.get_app_config("records").get_models(include_auto_created=True):
        for field in model._meta.get_fields():
            if isinstance(field, (models.ForeignKey, models.ManyToManyField)):
                assert field.remote_field.hidden, f"{model.__name__}.{field.name} needs related_name='+'"


def test_nothing_acts_on_the_side():
    for path in python_files():
        text = text_of(path) or ""
        if path.is_relative_to(PACKAGE):
            assert "django.contrib.admin" not in text, named(path)
            assert not re.search(r"\b(post_save|pre_save|post_delete|pre_delete|m2m_changed)\b", text), named(
                path
            )
            assert not re.search(r"def (save|delete)\(self", text), (
                f"{named(path)}: a save hook acts on the side"
            )


def test_nothing_is_left_undone():
    for path in python_files():
        if path.is_relative_to(PACKAGE):
            assert not UNDONE.search(text_of(path) or ""), named(path)
