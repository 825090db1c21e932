"""Array functions that several rooms use; no labels, no dates."""
