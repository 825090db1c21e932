"""What it earned; the only room that imports vectorbt."""
