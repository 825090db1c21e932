"""Who forecasts, found by entry point."""
