"""Look-ups that several questions need: receivers, member lists, signatures, visible names."""
