"""Where numbers come in: each source gives a History."""
