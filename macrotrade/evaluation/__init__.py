"""How good it was: accuracy, direction, performance."""
