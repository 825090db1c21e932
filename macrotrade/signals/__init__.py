"""What to hold: forecasts become scores, scores become positions."""
