"""What people decided about a place, an answer, a summary or a promise past its day: kept until another, or forgotten."""

from __future__ import annotations

from django.db import models

from evenhand.records.area_row import AreaRow


class PlaceKeeping(AreaRow):
    """One decision; of what was forgotten it keeps the kind, the area and how many rows there were, and nothing else."""

    kind = models.CharField(
        max_length=20,
        choices=[(code, code) for code in ("site", "response", "tension_summary", "commitment")],
    )
    about = models.UUIDField()
    until = models.DateField(null=True)
    forgotten_on = models.DateField(null=True)
    rows = models.IntegerField(default=0)

    class Meta:
        db_table = "place_keeping"
        indexes = [models.Index(fields=["about"], name="place_keeping_about_ix")]
