"""The batch record of a product on screen: one page that loads nothing."""

from __future__ import annotations

from proband.pages.rendering import document
from proband.record.batch_record import BatchRecord


def batch_record_page(batch: BatchRecord) -> str:
    """The batch record as one HTML page, every value escaped."""
    return document(
        "product/batch_record.html.j2", f"Batch record {batch.product}", batch.heading,
        banners=[batch.banner] if batch.banner else (), context={"batch": batch},
    )  # fmt: skip
