"""One file per command; the file's name is the command: `website_add.py` is `integrations website add`."""
