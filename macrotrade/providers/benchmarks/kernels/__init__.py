"""Arithmetic of the heavier benchmarks: arrays in, arrays out."""
