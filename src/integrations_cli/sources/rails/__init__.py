"""What Ruby on Rails writes: credentials files and encrypted columns, read without Ruby. Nothing here builds an object or runs code."""
