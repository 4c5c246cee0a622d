"""Tokens for machines: hashes, scopes, until when."""

from __future__ import annotations

from typing import Any

from django.db import migrations, models


class Migration(migrations.Migration):
    """The table of tokens."""

    dependencies = [("registry", "0006_drafts")]
    operations: list[Any] = [
        migrations.CreateModel(
            name="ApiToken",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("person", models.CharField(max_length=64, db_index=True)),
                ("name", models.CharField(max_length=64)),
                ("secret", models.CharField(max_length=64, unique=True)),
                ("scopes", models.JSONField()),
                ("made", models.DateTimeField(auto_now_add=True)),
                ("expires", models.DateTimeField()),
                ("revoked", models.DateTimeField(null=True)),
                ("revoked_by", models.CharField(max_length=64, blank=True)),
                ("used", models.DateTimeField(null=True)),
            ],
        ),
    ]  # fmt: skip
