"""A decision: who took which step, under which clause, and why."""

from __future__ import annotations

import uuid

from django.db import models

from evenhand.records.case_row import CaseRow


class Decision(CaseRow):
    """One step taken by one named human; never changed, only followed by another."""

    step = models.CharField(max_length=40)
    verb = models.CharField(max_length=40)
    outcome = models.CharField(max_length=60)
    from_place = models.CharField(max_length=40, blank=True, default="")
    to_place = models.CharField(max_length=40)
    clause = models.TextField()
    happened_at = models.DateTimeField()
    shape_hash = models.CharField(max_length=64)
    lists_hash = models.CharField(max_length=64)
    sealed = models.BinaryField()
    idempotency_key = models.UUIDField(default=uuid.uuid4)

    class Meta:
        db_table = "decision"
        indexes = [models.Index(fields=["case", "recorded_at"], name="decision_case_ix")]
        constraints = [models.UniqueConstraint(fields=["case", "idempotency_key"], name="decision_once")]
