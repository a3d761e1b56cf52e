"""How processes of our own are started, and how they end with the one they work for."""
