"""Clinical scores and examinations as pure functions, each with its metadata."""
