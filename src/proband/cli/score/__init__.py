"""The verb ``score``: one person, a file of answers, an examination, or a table."""
