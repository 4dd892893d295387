"""A clock: by when something is due, on what basis, and when it stood still."""

from __future__ import annotations

from django.db import models

from evenhand.records.case_row import CaseRow


class Clock(CaseRow):
    """One running or stopped clock with the value, unit and basis that were in force when it started."""

    code = models.CharField(max_length=40)
    value = models.IntegerField()
    unit = models.CharField(max_length=20)
    basis = models.CharField(max_length=20)
    source = models.TextField(blank=True, default="")
    started_at = models.DateTimeField()
    due_at = models.DateTimeField()
    pauses = models.JSONField(default=list)
    stopped_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "clock"
        indexes = [models.Index(fields=["case"], name="clock_case_ix")]


class Task(CaseRow):
    """Something one named person is to do by a day."""

    owner = models.ForeignKey("records.Practitioner", on_delete=models.PROTECT, related_name="+")
    code = models.CharField(max_length=60)
    label = models.CharField(max_length=200)
    due_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    done_by = models.UUIDField(null=True)

    class Meta:
        db_table = "task"
        indexes = [
            models.Index(fields=["case"], name="task_case_ix"),
            models.Index(fields=["owner", "due_at"]),
        ]


class Hold(CaseRow):
    """“Proceed” or “not before DATE”: all that others see of deconfliction, in a form ordinary causes also use."""

    not_before = models.DateField(null=True)

    class Meta:
        db_table = "hold"
        indexes = [models.Index(fields=["case"], name="hold_case_ix")]


class Deconfliction(CaseRow):
    """The check against live work and why, in its own sealed audience."""

    result = models.CharField(max_length=20)
    sealed = models.BinaryField()

    class Meta:
        db_table = "deconfliction"
        indexes = [models.Index(fields=["case"], name="deconfliction_case_ix")]
