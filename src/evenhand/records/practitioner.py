"""A practitioner: a named person who works on cases, and the dated roles they hold."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils import timezone


class Practitioner(models.Model):
    """Somebody who may act; has the same id as the user who signs in."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=200)
    agency = models.ForeignKey("records.Agency", on_delete=models.PROTECT, related_name="+")
    email = models.EmailField(max_length=254, blank=True, default="")
    active = models.BooleanField(default=True)
    personal_group = models.IntegerField(null=True, editable=False)

    class Meta:
        db_table = "practitioner"

    def __str__(self) -> str:
        return self.name


class RoleHolding(models.Model):
    """A role at an agency from one day to another; cover for an absent colleague is a holding that says whom it covers."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    practitioner = models.ForeignKey(Practitioner, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=40)
    agency = models.ForeignKey("records.Agency", on_delete=models.PROTECT, related_name="+")
    team = models.ForeignKey("records.Team", on_delete=models.PROTECT, related_name="+", null=True)
    from_date = models.DateField()
    to_date = models.DateField(null=True)
    covering = models.ForeignKey(Practitioner, on_delete=models.PROTECT, related_name="+", null=True)
    given_by = models.UUIDField(null=True)
    by_group = models.BooleanField(default=False, db_default=False)
    given_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "role_holding"
        indexes = [models.Index(fields=["practitioner", "role", "agency"])]

    def __str__(self) -> str:
        return f"{self.role} {self.practitioner_id}"


class AudienceGroup(models.Model):
    """A number for “whoever holds this role at this agency”, or for one practitioner; audiences are arrays of these."""

    id = models.AutoField(primary_key=True)
    agency = models.ForeignKey("records.Agency", on_delete=models.PROTECT, related_name="+", null=True)
    role = models.CharField(max_length=40, blank=True, default="")
    practitioner = models.ForeignKey(Practitioner, on_delete=models.PROTECT, related_name="+", null=True)

    class Meta:
        db_table = "audience_group"
        constraints = [
            models.UniqueConstraint(
                fields=["agency", "role", "practitioner"], name="group_once", nulls_distinct=False
            )
        ]

    def __str__(self) -> str:
        return str(self.id)
