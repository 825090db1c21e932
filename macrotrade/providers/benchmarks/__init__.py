"""The forecasts every other provider must beat."""
