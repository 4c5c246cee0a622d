"""Drafts of examinations."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    """One table."""

    dependencies = [("registry", "0005_read_from")]
    operations = [
        migrations.CreateModel(
            name="ExaminationDraft",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("person", models.CharField(db_index=True, max_length=64)),
                ("participant", models.CharField(db_index=True, max_length=64)),
                ("instrument", models.CharField(max_length=64)),
                ("corrects", models.BigIntegerField(default=0)),
                ("said", models.JSONField()),
                ("at", models.DateTimeField(auto_now=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("person", "participant", "instrument", "corrects"), name="one_draft_of_each"
                    )
                ]
            },
        ),
    ]
