"""How long a case is kept: holds and restrictions, reviews, what is to be erased, and what stays when it is gone."""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from evenhand.records.case_row import CaseRow


class Restriction(CaseRow):
    """Material set apart: for a proceeding, a complaint, or because the person asked; only its keepers see it.

    `entries` names rows of the case; an empty list means the whole case.
    """

    kind = models.CharField(max_length=12)
    cause = models.CharField(max_length=40)
    entries = models.JSONField(default=list)
    owner = models.ForeignKey("records.Practitioner", on_delete=models.PROTECT, related_name="+")
    until = models.DateField()
    decision = models.ForeignKey("records.Decision", on_delete=models.PROTECT, related_name="+")
    lifted_at = models.DateTimeField(null=True)
    sealed = models.BinaryField()

    class Meta:
        db_table = "restriction"
        indexes = [models.Index(fields=["case"], name="restriction_case_ix")]


class KeepingReview(CaseRow):
    """A day to decide on which somebody decided: keep until another day, or erase."""

    decision = models.ForeignKey("records.Decision", on_delete=models.PROTECT, related_name="+")
    group = models.CharField(max_length=60)
    result = models.CharField(max_length=12)
    review_on = models.DateField(null=True)

    class Meta:
        db_table = "keeping_review"
        indexes = [models.Index(fields=["case"], name="keeping_review_case_ix")]


class ErasureOrder(CaseRow):
    """That a case is to be erased: who decided, who looked again, and from when on it cannot be stopped any more."""

    group = models.CharField(max_length=60)
    clause = models.TextField()
    confirmed_by = models.UUIDField(null=True)
    due_at = models.DateTimeField(null=True)
    stopped_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "erasure_order"
        indexes = [models.Index(fields=["case"], name="erasure_order_case_ix")]


class Disclosure(CaseRow):
    """Something told to one agency: for which purpose, on which basis, why it was needed and no more; over when its consent ends."""

    agency = models.ForeignKey("records.Agency", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=20)
    purpose = models.CharField(max_length=40)
    basis = models.CharField(max_length=60)
    decision = models.ForeignKey("records.Decision", on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True)
    sealed = models.BinaryField()

    class Meta:
        db_table = "disclosure"
        indexes = [models.Index(fields=["case"], name="disclosure_case_ix")]


class RecipientNotice(CaseRow):
    """That an agency which had been told something was told what became of it: corrected, set apart, or to be used again."""

    agency = models.ForeignKey("records.Agency", on_delete=models.PROTECT, related_name="+")
    decision = models.ForeignKey("records.Decision", on_delete=models.PROTECT, related_name="+")
    what = models.CharField(max_length=12)
    sealed = models.BinaryField()

    class Meta:
        db_table = "recipient_notice"
        indexes = [models.Index(fields=["case"], name="recipient_notice_case_ix")]
        constraints = [
            models.UniqueConstraint(fields=["decision", "agency", "what"], name="recipient_notice_once")
        ]


class KeepingDay(models.Model):
    """The next day to decide whether a case that has ended is kept, as worked out for this version of it."""

    case = models.OneToOneField("records.Case", on_delete=models.PROTECT, primary_key=True, related_name="+")
    on = models.DateField(null=True)
    group = models.CharField(max_length=60, blank=True, default="")
    version = models.IntegerField()
    brought_up = models.BooleanField(default=False)

    class Meta:
        db_table = "keeping_day"
        indexes = [models.Index(fields=["on"], name="keeping_day_ix", condition=models.Q(brought_up=False))]

    def __str__(self) -> str:
        return str(self.case_id)


class Tombstone(models.Model):
    """That something was erased: when, under which rule, by whom. Nothing of what it was."""

    id = models.UUIDField(primary_key=True, editable=False)
    erased_on = models.DateField()
    group = models.CharField(max_length=60, blank=True, default="")
    clause = models.TextField(blank=True, default="")
    decided_by = models.UUIDField(null=True)
    confirmed_by = models.UUIDField(null=True)
    agencies = ArrayField(models.UUIDField(), default=list)

    class Meta:
        db_table = "tombstone"

    def __str__(self) -> str:
        return str(self.id)


class ErasureNotice(models.Model):
    """One recipient of something that has been erased, and their answer; the reference goes once they have answered."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tombstone = models.ForeignKey(Tombstone, on_delete=models.PROTECT, related_name="+")
    agency = models.ForeignKey("records.Agency", on_delete=models.PROTECT, related_name="+")
    reference = models.CharField(max_length=16, blank=True, default="")
    asked_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField()
    chased = models.IntegerField(default=0)
    answer = models.CharField(max_length=12, blank=True, default="")
    why = models.CharField(max_length=40, blank=True, default="")
    answered_at = models.DateTimeField(null=True)
    answered_by = models.UUIDField(null=True)

    class Meta:
        db_table = "erasure_notice"
        indexes = [
            models.Index(fields=["due_at"], name="erasure_notice_open_ix", condition=models.Q(answer=""))
        ]
        constraints = [models.UniqueConstraint(fields=["tombstone", "agency"], name="erasure_notice_once")]

    def __str__(self) -> str:
        return str(self.id)
