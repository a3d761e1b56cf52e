"""One text after another, cheaply: what jedi knows is kept from version to version."""
