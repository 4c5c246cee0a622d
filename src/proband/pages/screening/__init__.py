"""Who qualifies, on a page: one verdict explained, and a hospital counted."""
