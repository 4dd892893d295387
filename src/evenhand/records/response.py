"""The answer to a rise: who leads it, its impact assessment version by version, tension week by week, promises kept or not."""

from __future__ import annotations

from django.db import models

from evenhand.records.area_row import AreaRow


class Response(AreaRow):
    """An answer to an alarm or an event, with an owner; ended by a recorded decision."""

    episode = models.ForeignKey("records.AlarmEpisode", on_delete=models.PROTECT, related_name="+", null=True)
    trigger = models.ForeignKey("records.TriggerEvent", on_delete=models.PROTECT, related_name="+", null=True)
    owner = models.ForeignKey("records.Practitioner", on_delete=models.PROTECT, related_name="+")
    began_on = models.DateField()
    ended_on = models.DateField(null=True)
    sealed = models.BinaryField()
    sealed_end = models.BinaryField(null=True)

    class Meta:
        db_table = "response"
        indexes = [models.Index(fields=["area"], name="response_area_ix")]


class ImpactAssessment(AreaRow):
    """One version of a community impact assessment; earlier ones stay as they were."""

    response = models.ForeignKey(Response, on_delete=models.PROTECT, related_name="+")
    version = models.IntegerField()
    level = models.CharField(max_length=40)
    review_on = models.DateField()
    sealed = models.BinaryField()

    class Meta:
        db_table = "impact_assessment"
        constraints = [models.UniqueConstraint(fields=["response", "version"], name="impact_version_once")]


class TensionSummary(AreaRow):
    """The week's tension summary of an area, version by version."""

    week_begins = models.DateField()
    version = models.IntegerField()
    level = models.CharField(max_length=40)
    sealed = models.BinaryField()

    class Meta:
        db_table = "tension_summary"
        constraints = [
            models.UniqueConstraint(fields=["area", "week_begins", "version"], name="tension_version_once")
        ]


class Commitment(AreaRow):
    """A promise: what, by whom, by when. A public one is read by anybody, and so it names no person and no site."""

    response = models.ForeignKey(Response, on_delete=models.PROTECT, related_name="+", null=True)
    what = models.CharField(max_length=400)
    by_whom = models.CharField(max_length=160)
    due_on = models.DateField()
    made_on = models.DateField()
    public = models.BooleanField(default=True)

    class Meta:
        db_table = "commitment"
        indexes = [models.Index(fields=["area", "due_on"], name="commitment_due_ix")]


class CommitmentStep(AreaRow):
    """What became of a promise: under way, put off, kept, not kept; in words that anybody may read if it is public."""

    commitment = models.ForeignKey(Commitment, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(
        max_length=12, choices=[(code, code) for code in ("under_way", "put_off", "kept", "not_kept")]
    )
    on_day = models.DateField()
    words = models.CharField(max_length=400)
    due_on = models.DateField(null=True)

    class Meta:
        db_table = "commitment_step"
        indexes = [models.Index(fields=["commitment"], name="commitment_step_ix")]
