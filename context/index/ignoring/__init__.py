"""Which files stay out of the index: what git ignores, environments of packages, what the user adds."""
