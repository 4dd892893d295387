"""What a person asks about themselves: access, correction, objection, restriction, erasure, complaint; and what was answered."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils import timezone


class RightsRequest(models.Model):
    """One request of one person to one agency, under a key of its own; who they are is sealed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    reference = models.CharField(max_length=16, unique=True, editable=False)
    kind = models.CharField(max_length=20)
    agency = models.ForeignKey("records.Agency", on_delete=models.PROTECT, related_name="+")
    owner = models.ForeignKey("records.Practitioner", on_delete=models.PROTECT, related_name="+")
    received_on = models.DateField()
    due_on = models.DateField()
    recorded_at = models.DateTimeField(default=timezone.now, editable=False)
    decision = models.CharField(max_length=12, blank=True, default="")
    decided_by = models.UUIDField(null=True)
    decided_at = models.DateTimeField(null=True)
    review_on = models.DateField(null=True)
    second = models.ForeignKey("records.Practitioner", on_delete=models.PROTECT, related_name="+", null=True)
    second_said = models.CharField(max_length=12, blank=True, default="")
    second_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    sealed = models.BinaryField()
    sealed_decision = models.BinaryField(null=True)
    sealed_second = models.BinaryField(null=True)

    class Meta:
        db_table = "rights_request"
        indexes = [
            models.Index(fields=["due_on"], name="rights_open_ix", condition=models.Q(answered_at=None))
        ]

    def __str__(self) -> str:
        return self.reference


class RightsCase(models.Model):
    """A case that a human said is about whoever asks."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    request = models.ForeignKey(RightsRequest, on_delete=models.PROTECT, related_name="+")
    case_id = models.UUIDField()
    said_by = models.UUIDField()
    said_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "rights_case"
        constraints = [models.UniqueConstraint(fields=["request", "case_id"], name="rights_case_once")]

    def __str__(self) -> str:
        return str(self.id)


class RightsEntry(models.Model):
    """One entry of a case as a human looked at it for the person: given, given in part, or withheld, and why."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    request = models.ForeignKey(RightsRequest, on_delete=models.PROTECT, related_name="+")
    case_id = models.UUIDField()
    entry = models.UUIDField()
    seen_by = models.UUIDField()
    seen_at = models.DateTimeField(default=timezone.now)
    sealed = models.BinaryField()

    class Meta:
        db_table = "rights_entry"
        constraints = [models.UniqueConstraint(fields=["request", "entry"], name="rights_entry_once")]

    def __str__(self) -> str:
        return str(self.id)


class ExportRequest(models.Model):
    """A wish to take something out: what, for what, how much at most, until when; taken out once."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    what = models.CharField(max_length=20)
    purpose = models.CharField(max_length=400)
    agency = models.ForeignKey("records.Agency", on_delete=models.PROTECT, related_name="+")
    asked_by = models.ForeignKey("records.Practitioner", on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    cap = models.IntegerField()
    expires_at = models.DateTimeField()
    taken_at = models.DateTimeField(null=True)
    rows = models.IntegerField(null=True)

    class Meta:
        db_table = "export_request"

    def __str__(self) -> str:
        return str(self.id)


class ExportApproval(models.Model):
    """Somebody else's yes or no to an export; for the whole instance, with the half of the key that only they can make."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    request = models.ForeignKey(ExportRequest, on_delete=models.PROTECT, related_name="+")
    by = models.ForeignKey("records.Practitioner", on_delete=models.PROTECT, related_name="+")
    agency = models.ForeignKey("records.Agency", on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    agreed = models.BooleanField()
    reason = models.CharField(max_length=400)
    salt = models.BinaryField(null=True)
    public_key = models.BinaryField(null=True)

    class Meta:
        db_table = "export_approval"
        constraints = [models.UniqueConstraint(fields=["request", "by"], name="export_approval_once")]

    def __str__(self) -> str:
        return str(self.id)
