"""Compiled training of many networks at once."""
