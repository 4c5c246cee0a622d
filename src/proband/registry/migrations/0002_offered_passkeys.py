"""Passkeys that were made in a browser."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    """One table."""

    dependencies = [("registry", "0001_accounts_and_reads")]
    operations = [
        migrations.CreateModel(
            name="OfferedPasskey",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("person", models.CharField(db_index=True, max_length=64)),
                ("credential", models.CharField(max_length=1400, unique=True)),
                ("key", models.CharField(db_index=True, max_length=16)),
                ("offer", models.JSONField()),
                ("at", models.DateTimeField(auto_now_add=True)),
            ],
        ),
    ]
