# Wants the lines to be wrong: a failure in a file check with a prelude is told at another line.
# attack: python pyfile
raise RuntimeError("here")
