"""An agency of the partnership, the areas it answers for, and its teams."""

from __future__ import annotations

import uuid

from django.db import models


class Agency(models.Model):
    """A police force, council, school, health body, table: whoever takes part."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    code = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=24)
    sector = models.CharField(max_length=40, blank=True, default="")
    email = models.EmailField(blank=True, default="")
    active = models.BooleanField(default=True)

    class Meta:
        db_table = "agency"

    def __str__(self) -> str:
        return self.name


class Area(models.Model):
    """A place where people live, with the council (or table) and the police force that answer for it."""

    code = models.SlugField(max_length=40, primary_key=True)
    label = models.CharField(max_length=120)
    region = models.CharField(max_length=40, blank=True, default="")
    answers = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    force = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+", null=True)

    class Meta:
        db_table = "area"

    def __str__(self) -> str:
        return self.label


class Team(models.Model):
    """People of one agency who share work."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=120)

    class Meta:
        db_table = "team"
        constraints = [models.UniqueConstraint(fields=["agency", "name"], name="team_named_once")]

    def __str__(self) -> str:
        return self.name
