"""How fast macrotrade is, each part against what a user would write instead, in the same run."""
