"""The pages of the registry, one module for each kind of work."""
