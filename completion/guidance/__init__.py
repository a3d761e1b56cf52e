"""Optimistic decoding under monitors, without knowledge of any kind of monitor."""
