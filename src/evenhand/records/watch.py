"""What the watch on incident counts remembers: areas with their boundaries, its memory, alarms and what people answered."""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone


class WatchArea(models.Model):
    """A place whose incidents are counted, inside another: neighbourhood, district, force, region, all.

    `answers` is the agency (a council) and `force` the police force that answer for it and for all that lies inside.
    An area that was merged into another says so in `became`, and its history counts there.
    """

    code = models.SlugField(max_length=80, primary_key=True)
    label = models.CharField(max_length=120)
    kind = models.CharField(max_length=40, blank=True, default="")
    parent = models.ForeignKey("self", on_delete=models.PROTECT, related_name="+", null=True)
    answers = models.ForeignKey("records.Agency", on_delete=models.PROTECT, related_name="+", null=True)
    force = models.ForeignKey("records.Agency", on_delete=models.PROTECT, related_name="+", null=True)
    became = models.ForeignKey("self", on_delete=models.PROTECT, related_name="+", null=True)
    since = models.DateField(null=True)
    until = models.DateField(null=True)
    geometry = models.JSONField(null=True)
    """A GeoJSON Polygon or MultiPolygon in degrees, or none."""
    longitude = models.FloatField(null=True)
    latitude = models.FloatField(null=True)
    aud = ArrayField(models.IntegerField(), default=list, editable=False)

    class Meta:
        db_table = "watch_area"
        indexes = [models.Index(fields=["parent"], name="watch_area_parent_ix")]

    def __str__(self) -> str:
        return self.label


class WatchRun(models.Model):
    """One day of the watch: under which settings, from which counts, and how often it would cry wolf."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    day = models.DateField()
    ran_at = models.DateTimeField(default=timezone.now)
    version = models.IntegerField()
    """1 for the first judgement of a day, one more each time it was judged anew after corrections."""
    settings = models.JSONField()
    settings_hash = models.CharField(max_length=64)
    series_hash = models.CharField(max_length=64)
    counts_hash = models.CharField(max_length=64)
    events = models.IntegerField(default=0)
    alarms = models.IntegerField(default=0)
    rate = models.JSONField(null=True)
    """False alarms a week as simulated on the fitted model: per_week, low, high, weeks."""
    state = models.BinaryField(null=True)

    class Meta:
        db_table = "watch_run"
        constraints = [models.UniqueConstraint(fields=["day", "version"], name="watch_run_once")]

    def __str__(self) -> str:
        return f"{self.day} {self.version}"


class WatchSeries(models.Model):
    """One area and strand with its latest days: what came, what was expected, above what a day would be unusual."""

    id = models.BigAutoField(primary_key=True)
    area = models.ForeignKey(WatchArea, on_delete=models.PROTECT, related_name="+")
    strand = models.CharField(max_length=60)
    first_day = models.DateField()
    counts = ArrayField(models.IntegerField())
    expected = ArrayField(models.FloatField(null=True))
    upper = ArrayField(models.FloatField(null=True))
    likely = models.JSONField(default=list)
    """What the newest days will probably come to: reported, expected, low, high; newest first."""
    weekly = models.JSONField(default=dict)
    silent = models.CharField(max_length=120, blank=True, default="")
    aud = ArrayField(models.IntegerField(), default=list, editable=False)

    class Meta:
        db_table = "watch_series"
        constraints = [models.UniqueConstraint(fields=["area", "strand"], name="watch_series_once")]

    def __str__(self) -> str:
        return f"{self.area_id} {self.strand}"


class AlarmEpisode(models.Model):
    """An unusual rise, from its beginning to its end, as it was judged; corrections mark it revised, none deletes it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    area = models.ForeignKey(WatchArea, on_delete=models.PROTECT, related_name="+")
    strand = models.CharField(max_length=60)
    method = models.CharField(max_length=16)
    onset = models.DateField()
    began = models.DateField()
    last_on = models.DateField()
    ended_on = models.DateField(null=True)
    window_days = models.IntegerField()
    observed = models.IntegerField()
    expected = models.FloatField()
    p_value = models.FloatField()
    around = ArrayField(models.CharField(max_length=80), default=list)
    """For a rise that neighbouring areas share: their codes."""
    settings_hash = models.CharField(max_length=64)
    made_at = models.DateTimeField(default=timezone.now)
    revised_at = models.DateTimeField(null=True)
    stands = models.BooleanField(default=True)
    """False when corrected counts no longer bear it out; it stays to be read."""
    aud = ArrayField(models.IntegerField(), default=list, editable=False)

    class Meta:
        db_table = "alarm_episode"
        constraints = [
            models.UniqueConstraint(fields=["area", "strand", "method", "onset"], name="alarm_episode_once")
        ]
        indexes = [models.Index(fields=["-last_on"], name="alarm_episode_last_ix")]

    def __str__(self) -> str:
        return f"{self.area_id} {self.strand} {self.onset}"


class AlarmRevision(models.Model):
    """What an alarm said before corrected counts changed it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    episode = models.ForeignKey(AlarmEpisode, on_delete=models.PROTECT, related_name="+")
    revised_at = models.DateTimeField(default=timezone.now)
    before = models.JSONField()
    why = models.CharField(max_length=200)

    class Meta:
        db_table = "alarm_revision"

    def __str__(self) -> str:
        return str(self.id)


class AlarmAnswer(models.Model):
    """What a person decided about an alarm: acknowledged, not a spike (and why), or to respond."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    episode = models.ForeignKey(AlarmEpisode, on_delete=models.PROTECT, related_name="+")
    answer = models.CharField(
        max_length=16,
        choices=[(code, code) for code in ("acknowledged", "not_a_spike", "respond")],
    )
    clause = models.CharField(max_length=200)
    sealed = models.BinaryField()
    answered_by = models.UUIDField(editable=False)
    answered_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        db_table = "alarm_answer"

    def __str__(self) -> str:
        return f"{self.episode_id} {self.answer}"


class IncidentFigure(models.Model):
    """A protected count of incidents for everybody who has come in, the same for all."""

    id = models.BigAutoField(primary_key=True)
    table = models.CharField(max_length=40)
    key = models.JSONField()
    value = models.IntegerField(null=True)
    computed_at = models.DateTimeField()

    class Meta:
        db_table = "incident_figure"

    def __str__(self) -> str:
        return self.table
