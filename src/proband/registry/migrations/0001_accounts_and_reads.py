"""The first tables: accounts, and reads of pages."""

from __future__ import annotations

from typing import Any

from django.db import migrations, models

import proband.registry.models


class Migration(migrations.Migration):
    """Both tables."""

    initial = True
    dependencies: list[Any] = []
    operations = [
        migrations.CreateModel(
            name="Account",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("password", models.CharField(max_length=128, verbose_name="password")),
                ("last_login", models.DateTimeField(blank=True, null=True, verbose_name="last login")),
                ("username", models.CharField(max_length=64, unique=True)),
                ("is_active", models.BooleanField(default=True)),
                ("one_time", models.BooleanField(default=True)),
            ],
            managers=[("objects", proband.registry.models.AccountManager())],
        ),
        migrations.CreateModel(
            name="PageRead",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField(auto_now_add=True, db_index=True)),
                ("person", models.CharField(db_index=True, max_length=64)),
                ("page", models.CharField(max_length=64)),
                ("subject", models.CharField(blank=True, db_index=True, max_length=64)),
            ],
            options={"ordering": ("-id",)},
        ),
    ]
