"""Why there was a suggestion, or none, as a document for people and in the forms in which it is shown."""
