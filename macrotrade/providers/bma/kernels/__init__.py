"""Array arithmetic of the machine-built system: no labels, files, clocks or settings."""
