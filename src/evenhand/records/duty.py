"""A duty that follows from an act, queued in the same transaction and done once by the worker."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils import timezone


class Duty(models.Model):
    """Something the house owes after an act: tell somebody, make a task, plan a review."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case_id = models.UUIDField(null=True, db_index=True)
    kind = models.CharField(max_length=40)
    contents = models.JSONField(default=dict)
    once = models.CharField(max_length=120, unique=True)
    due_at = models.DateTimeField(default=timezone.now)
    tries = models.IntegerField(default=0)
    done_at = models.DateTimeField(null=True)
    trouble = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        db_table = "duty"
        indexes = [models.Index(fields=["due_at"], name="duty_open_ix", condition=models.Q(done_at=None))]

    def __str__(self) -> str:
        return self.kind


class Notice(models.Model):
    """A message to one practitioner inside the application; it names no person."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    practitioner = models.ForeignKey("records.Practitioner", on_delete=models.PROTECT, related_name="+")
    case_id = models.UUIDField(null=True)
    kind = models.CharField(max_length=60)
    text = models.CharField(max_length=300)
    made_at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True)
    once = models.CharField(max_length=120, unique=True)

    class Meta:
        db_table = "notice"
        indexes = [models.Index(fields=["practitioner", "-made_at"], name="notice_to_ix")]

    def __str__(self) -> str:
        return self.kind


class Alarm(models.Model):
    """Danger now, told from anywhere in one line, with or without a case; every duty officer sees it until one takes it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    made_at = models.DateTimeField(default=timezone.now)
    made_by = models.UUIDField(null=True)
    sealed = models.BinaryField()
    taken_by = models.UUIDField(null=True)
    taken_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    sealed_done = models.BinaryField(null=True)

    class Meta:
        db_table = "alarm"

    def __str__(self) -> str:
        return str(self.id)


class Heartbeat(models.Model):
    """When the worker last said that it is alive."""

    name = models.CharField(max_length=20, primary_key=True)
    at = models.DateTimeField()

    class Meta:
        db_table = "heartbeat"

    def __str__(self) -> str:
        return self.name
