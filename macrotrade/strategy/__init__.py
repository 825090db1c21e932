"""The sentence, written once: from sources to positions, over many origins or one."""
