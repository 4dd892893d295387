"""An emergency opening: who opened what they could not, until when, and what a second person said to it."""

from __future__ import annotations

from django.db import models

from evenhand.records.case_row import CaseRow


class BreakGlass(CaseRow):
    """One opening for an hour; written by the wall itself, and reviewed by somebody else or the account is held."""

    practitioner = models.ForeignKey("records.Practitioner", on_delete=models.PROTECT, related_name="+")
    until = models.DateTimeField()
    review_due_at = models.DateTimeField()
    reviewed_by = models.UUIDField(null=True)
    reviewed_at = models.DateTimeField(null=True)
    result = models.CharField(max_length=20, blank=True, default="")
    sealed = models.BinaryField()
    sealed_review = models.BinaryField(null=True)

    class Meta:
        db_table = "break_glass"
        indexes = [
            models.Index(fields=["case"], name="break_glass_case_ix"),
            models.Index(
                fields=["practitioner"],
                name="break_glass_open_ix",
                condition=~models.Q(result="in_order"),
            ),
        ]
