"""Files that people hand in: their names, whether they are what they say, archives and pictures."""
