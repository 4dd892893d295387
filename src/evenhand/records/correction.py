"""A correction: what was wrong in an entry and what is right; the entry itself stays readable beneath it."""

from __future__ import annotations

from django.db import models

from evenhand.records.case_row import CaseRow


class Correction(CaseRow):
    """One entry corrected by one decision."""

    decision = models.ForeignKey("records.Decision", on_delete=models.PROTECT, related_name="+")
    of_kind = models.CharField(max_length=40)
    of_id = models.UUIDField()
    kind = models.CharField(max_length=40)
    sealed = models.BinaryField()

    class Meta:
        db_table = "correction"
        indexes = [models.Index(fields=["case"], name="correction_case_ix")]
