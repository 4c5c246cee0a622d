"""Links of families, and what they said."""

from __future__ import annotations

from typing import Any

from django.db import migrations, models

_KEY: Any = models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")


class Migration(migrations.Migration):
    """Two tables."""

    dependencies = [("registry", "0003_calendar_addresses")]
    operations = [
        migrations.CreateModel(
            name="FamilyLink",
            fields=[
                ("id", _KEY),
                ("participant", models.CharField(max_length=64, unique=True)),
                ("secret", models.CharField(max_length=64, unique=True)),
                ("pin", models.CharField(max_length=256)),
                ("wrong", models.IntegerField(default=0)),
                ("made_by", models.CharField(max_length=64)),
                ("made", models.DateTimeField(auto_now_add=True)),
            ],
        ),
        migrations.CreateModel(
            name="FamilyWish",
            fields=[
                ("id", _KEY.clone()),
                ("participant", models.CharField(db_index=True, max_length=64)),
                ("level", models.CharField(max_length=16)),
                ("said", models.CharField(max_length=4000)),
                ("at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("participant", "level"), name="one_wish_of_each_level")
                ]
            },
        ),
    ]
