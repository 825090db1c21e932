"""The page that tells it."""
