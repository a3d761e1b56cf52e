"""Reading files of an untrusted workspace: regular ones, inside it, and no secrets."""
