"""Cut, indent and filter the model's text."""
