"""Where keys may be lying about; one file each; each yields findings. A source is never changed."""
