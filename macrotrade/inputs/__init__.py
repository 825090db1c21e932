"""What providers read of a panel: one series as known, the form it is modelled in, and many as predictors."""
