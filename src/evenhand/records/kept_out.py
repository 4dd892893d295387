"""Who must be kept out of a case, for now or for good, and how people who work here are related to one another."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils import timezone

from evenhand.records.case_row import CaseRow

NAMED, KEPT_OUT, LET_IN = "named", "kept_out", "let_in"
UNCLEAR = "unclear"


class KeptOut(CaseRow):
    """One colleague named as somebody who must be kept out, and what somebody independent said to that.

    A name that fits nobody who works here has a row without a practitioner, so that somebody looks at it.
    """

    practitioner = models.ForeignKey(
        "records.Practitioner", on_delete=models.PROTECT, related_name="+", null=True
    )
    ground = models.CharField(max_length=40, default=UNCLEAR)
    state = models.CharField(max_length=12, default=NAMED)
    because_of = models.ForeignKey(
        "records.Practitioner", on_delete=models.PROTECT, related_name="+", null=True
    )
    decided_by = models.UUIDField(null=True)
    decided_at = models.DateTimeField(null=True)
    sealed = models.BinaryField(null=True)

    class Meta:
        db_table = "kept_out"
        indexes = [
            models.Index(fields=["case"], name="kept_out_case_ix"),
            models.Index(fields=["practitioner"], name="kept_out_whom_ix"),
        ]


class Relation(models.Model):
    """That `other` manages, or is a relative of, `practitioner`; known before any case, and used for all of them."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    practitioner = models.ForeignKey("records.Practitioner", on_delete=models.PROTECT, related_name="+")
    other = models.ForeignKey("records.Practitioner", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=20)
    from_date = models.DateField()
    to_date = models.DateField(null=True)
    declared_by = models.UUIDField(editable=False, null=True)
    declared_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        db_table = "relation"
        indexes = [
            models.Index(fields=["practitioner"], name="relation_of_ix"),
            models.Index(fields=["other"], name="relation_other_ix"),
        ]

    def __str__(self) -> str:
        return self.kind
