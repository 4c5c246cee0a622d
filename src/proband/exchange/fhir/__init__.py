"""FHIR R4: structure check, version signs, and one reader per resource type that says something about a person."""
