"""What was reported, sealed, and who reported it, sealed apart."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from evenhand.records.case_row import CaseRow


class Report(CaseRow):
    """The referral as told; the person it names is inside and in no index until screening has passed."""

    door = models.CharField(max_length=20)
    received_at = models.DateTimeField(default=timezone.now)
    form = models.CharField(max_length=40)
    form_version = models.CharField(max_length=20, blank=True, default="")
    imported_from = models.CharField(max_length=120, blank=True, default="")
    sealed = models.BinaryField()

    class Meta:
        db_table = "report"
        indexes = [models.Index(fields=["case"], name="report_case_ix")]


class Reporter(CaseRow):
    """Who told us and how to answer them safely; or that they wish to stay unknown."""

    anonymous = models.BooleanField(default=False)
    agency = models.ForeignKey("records.Agency", on_delete=models.PROTECT, related_name="+", null=True)
    sealed = models.BinaryField()

    class Meta:
        db_table = "reporter"
        indexes = [models.Index(fields=["case"], name="reporter_case_ix")]
