"""Papers about one product: its batch record on screen and on paper, its labels."""
