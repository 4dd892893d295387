"""A case: one concern on its way through one journey."""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone


class Person(models.Model):
    """Only an id: what ties cases about one human being together. Names stay with each case, under its key."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # The side of a firewall: cases on one side are never about a person of the other.
    apart = models.CharField(max_length=40, blank=True, default="")

    class Meta:
        db_table = "person"

    def __str__(self) -> str:
        return str(self.id)


class Case(models.Model):
    """Where a concern stands, who owns it and when work on it is due; what was said is sealed in other rows."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    reference = models.CharField(max_length=16, unique=True, editable=False)
    pack = models.CharField(max_length=40)
    journey = models.CharField(max_length=40)
    edition = models.CharField(max_length=40)
    shape_hash = models.CharField(max_length=64)
    place = models.CharField(max_length=40)
    stage = models.CharField(max_length=40)
    area = models.ForeignKey("records.Area", on_delete=models.PROTECT, related_name="+", null=True)
    bindings = models.JSONField(default=dict)
    owner = models.ForeignKey("records.Practitioner", on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", null=True)
    opened_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)
    place_since = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField(null=True)
    due_for = models.CharField(max_length=40, blank=True, default="")
    closed_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=60, blank=True, default="")
    urgent = models.BooleanField(default=False)
    version = models.IntegerField(default=1)
    # Filled by the database from the journey: the side of the firewall, and who handles what is not clear yet.
    apart = models.CharField(max_length=40, blank=True, default="")
    handler_role = models.CharField(max_length=40, blank=True, default="")
    aud = ArrayField(models.IntegerField(), default=list, editable=False)
    bar = ArrayField(models.IntegerField(), default=list, editable=False)

    class Meta:
        db_table = "case_file"
        indexes = [models.Index(fields=["person"], name="case_person_ix")]

    def __str__(self) -> str:
        return self.reference


class CasePart(models.Model):
    """Who may see one part of a case now; the rows of that part copy it."""

    id = models.BigAutoField(primary_key=True)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="+")
    part = models.CharField(max_length=16)
    aud = ArrayField(models.IntegerField(), default=list, editable=False)
    bar = ArrayField(models.IntegerField(), default=list, editable=False)

    class Meta:
        db_table = "case_part"
        constraints = [models.UniqueConstraint(fields=["case", "part"], name="case_part_once")]

    def __str__(self) -> str:
        return f"{self.case_id} {self.part}"


class CountedCase(models.Model):
    """What statistics need of a case: codes only; no door can read it, the counting job can.

    Erasure cuts the row loose: no case, another id, and the day coarsened to its week within the month.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.OneToOneField(Case, on_delete=models.PROTECT, related_name="+", null=True)
    pack = models.CharField(max_length=40)
    referred_on = models.DateField()
    sector = models.CharField(max_length=40, blank=True, default="")
    concern = models.CharField(max_length=60, blank=True, default="")
    age_band = models.CharField(max_length=20, blank=True, default="")
    area = models.CharField(max_length=40, blank=True, default="")
    journey = models.CharField(max_length=40)
    stage_reached = models.CharField(max_length=40)
    stage_position = models.IntegerField(default=-1)
    outcome = models.CharField(max_length=60, blank=True, default="")
    excluded_from_statistics_reason = models.CharField(max_length=60, blank=True, default="")
    ever_counted_as = ArrayField(models.CharField(max_length=60), default=list, db_default=[])
    destination = models.CharField(max_length=60, blank=True, default="", db_default="")
    closing_reason = models.CharField(max_length=60, blank=True, default="", db_default="")
    support = ArrayField(models.CharField(max_length=60), default=list, db_default=[])
    days_to = models.JSONField(default=dict, db_default={})

    class Meta:
        db_table = "counted_case"

    def __str__(self) -> str:
        return str(self.id)
