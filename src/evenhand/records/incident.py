"""A hate incident: codes, days and a coarse place in clear; what was told, by whom and about whom under its own key."""

from __future__ import annotations

import uuid
from datetime import date

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils import timezone


class Incident(models.Model):
    """One incident by perception of the victim or anybody else.

    It stands in no index of persons, and nothing leads from it to a case of concern. The database fills in `aud`, `bar`,
    who wrote it and when. `recorded_on` is the day on which the recording body recorded it, `known_on` the day on which
    this instance learned of it: a list that comes a week late says so.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    reference = models.CharField(max_length=12, unique=True)
    agency = models.ForeignKey("records.Agency", on_delete=models.PROTECT, related_name="+")
    area = models.ForeignKey("records.WatchArea", on_delete=models.PROTECT, related_name="+")
    source = models.CharField(max_length=24)
    system = models.CharField(max_length=60, blank=True, default="")
    fingerprint = models.CharField(max_length=64, null=True)
    run = models.ForeignKey("records.ImportRun", on_delete=models.PROTECT, related_name="+", null=True)
    live = models.BooleanField(default=True)
    """False while the file it came in is not wholly brought in: it is then neither shown nor counted."""
    strands = ArrayField(models.CharField(max_length=40))
    religions = ArrayField(models.CharField(max_length=40), default=list)
    crime = models.BooleanField()
    offence_group = models.CharField(max_length=40, blank=True, default="")
    rule = models.CharField(max_length=40)
    occurred_on = models.DateField()
    occurred_until = models.DateField(null=True)
    reported_on = models.DateField(null=True)
    recorded_on = models.DateField(default=date.today)  # stamped by the database unless a list says it
    known_on = models.DateField(default=date.today, editable=False)
    place_kind = models.CharField(max_length=40, blank=True, default="")
    online = models.BooleanField(default=False)
    wishes = ArrayField(models.CharField(max_length=40), default=list)
    repeat_victim = models.BooleanField(null=True)
    site_id = models.UUIDField(null=True)
    trigger = models.ForeignKey("records.TriggerEvent", on_delete=models.PROTECT, related_name="+", null=True)
    holds_personal_data = models.BooleanField(default=False)
    personal_ground = models.CharField(max_length=40, blank=True, default="")
    review_on = models.DateField(null=True)
    duplicate_of = models.ForeignKey("self", on_delete=models.PROTECT, related_name="+", null=True)
    erased_at = models.DateTimeField(null=True)
    sealed = models.BinaryField(null=True)
    version = models.IntegerField(default=1)
    written_at = models.DateTimeField(default=timezone.now, editable=False)
    written_by = models.UUIDField(editable=False)
    aud = ArrayField(models.IntegerField(), default=list, editable=False)
    bar = ArrayField(models.IntegerField(), default=list, editable=False)

    class Meta:
        db_table = "incident"
        constraints = [
            models.UniqueConstraint(fields=["agency", "fingerprint"], name="incident_taken_once"),
        ]
        indexes = [
            models.Index(fields=["-occurred_on", "id"], name="incident_occurred_ix"),
            models.Index(fields=["area", "occurred_on"], name="incident_area_ix"),
            models.Index(fields=["run"], name="incident_run_ix"),
            models.Index(fields=["review_on"], name="incident_review_ix", condition=models.Q(erased_at=None)),
            GinIndex(fields=["strands"], name="incident_strand_ix"),
        ]

    def __str__(self) -> str:
        return self.reference


class IncidentVersion(models.Model):
    """What an incident said before a correction: its codes and days in clear, the words under its key; never changed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="+")
    version = models.IntegerField()
    before = models.JSONField()
    sealed = models.BinaryField(null=True)
    changed_by = models.UUIDField(null=True)
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "incident_version"
        constraints = [models.UniqueConstraint(fields=["incident", "version"], name="incident_version_once")]

    def __str__(self) -> str:
        return f"{self.incident_id} {self.version}"


class IncidentPair(models.Model):
    """Two records that somebody looked at side by side, and what they decided: the same incident, or two."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    first = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="+")
    second = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="+")
    same = models.BooleanField()
    decided_by = models.UUIDField(editable=False)
    decided_at = models.DateTimeField(default=timezone.now, editable=False)
    sealed = models.BinaryField()

    class Meta:
        db_table = "incident_pair"
        constraints = [models.UniqueConstraint(fields=["first", "second"], name="incident_pair_once")]

    def __str__(self) -> str:
        return f"{self.first_id} {self.second_id}"


class IncidentBar(models.Model):
    """Somebody for whom an incident does not exist: they have an interest in it, or it is about somebody near them."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="+")
    practitioner = models.ForeignKey("records.Practitioner", on_delete=models.PROTECT, related_name="+")
    set_by = models.UUIDField(editable=False)
    set_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        db_table = "incident_bar"
        constraints = [models.UniqueConstraint(fields=["incident", "practitioner"], name="incident_bar_once")]

    def __str__(self) -> str:
        return str(self.id)


class ImportRun(models.Model):
    """One file that was brought in; its incidents are shown and counted only when the whole of it stands."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    agency = models.ForeignKey("records.Agency", on_delete=models.PROTECT, related_name="+")
    file_hash = models.CharField(max_length=64)
    system = models.CharField(max_length=60)
    rows = models.IntegerField()
    taken = models.IntegerField(default=0)
    faults = models.IntegerField(default=0)
    began_by = models.UUIDField(editable=False)
    began_at = models.DateTimeField(default=timezone.now, editable=False)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "import_run"
        constraints = [models.UniqueConstraint(fields=["agency", "file_hash"], name="import_run_once")]

    def __str__(self) -> str:
        return f"{self.system} {self.began_at:%Y-%m-%d}"


class TriggerEvent(models.Model):
    """Something in the world after which incidents may rise; it may lower a threshold and can never silence an alarm."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    label = models.CharField(max_length=160)
    happened_on = models.DateField()
    until = models.DateField()
    strands = ArrayField(models.CharField(max_length=40), default=list)
    area = models.ForeignKey("records.WatchArea", on_delete=models.PROTECT, related_name="+", null=True)
    leniency = models.FloatField(default=1.0)
    source = models.CharField(max_length=300, blank=True, default="")
    written_by = models.UUIDField(editable=False)
    written_at = models.DateTimeField(default=timezone.now, editable=False)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "trigger_event"
        indexes = [models.Index(fields=["happened_on"], name="trigger_event_day_ix")]

    def __str__(self) -> str:
        return self.label
