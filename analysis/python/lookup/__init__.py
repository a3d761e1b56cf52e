"""What several questions need: receivers, member lists, signatures, names in view."""
