"""Reading files of an untrusted workspace: only regular files, inside the workspace, and no secrets."""
