"""Optimistic decoding under monitors; knows no kind of monitor."""
