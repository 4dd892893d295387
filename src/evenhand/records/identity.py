"""Who a case is about, as told in that case: names as people write them, birth date, addresses."""

from __future__ import annotations

from django.db import models

from evenhand.records.case_row import CaseRow


class Identity(CaseRow):
    """Names, birth date and addresses, sealed under the case's key; a later row replaces an earlier one."""

    person = models.ForeignKey("records.Person", on_delete=models.PROTECT, related_name="+")
    sealed = models.BinaryField()
    superseded = models.BooleanField(default=False)

    class Meta:
        db_table = "identity"
        indexes = [models.Index(fields=["case"], name="identity_case_ix")]


class ForeignReference(CaseRow):
    """Where another system holds the record: a pointer, not a copy."""

    system = models.CharField(max_length=60)
    sealed = models.BinaryField()

    class Meta:
        db_table = "foreign_reference"
        indexes = [models.Index(fields=["case"], name="foreign_reference_case_ix")]


class PersonMerge(CaseRow):
    """Which cases a linking decision moved from one person to another, so that it can be undone."""

    decision = models.ForeignKey("records.Decision", on_delete=models.PROTECT, related_name="+")
    from_person = models.ForeignKey("records.Person", on_delete=models.PROTECT, related_name="+")
    to_person = models.ForeignKey("records.Person", on_delete=models.PROTECT, related_name="+")
    moved = models.JSONField(default=list)
    undone_by = models.ForeignKey("records.Decision", on_delete=models.PROTECT, related_name="+", null=True)

    class Meta:
        db_table = "person_merge"
        indexes = [models.Index(fields=["case"], name="person_merge_case_ix")]
