"""People: commands, questions and views."""
