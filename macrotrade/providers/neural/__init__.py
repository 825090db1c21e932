"""Neural networks as forecasters: ensembles whose members are trained together."""
