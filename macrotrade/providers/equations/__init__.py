"""Grammar-discovered equations as forecasters."""
