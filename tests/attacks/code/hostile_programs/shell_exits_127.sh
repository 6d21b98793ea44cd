# Wants `error`: the exit code that means that a program was not found.
# attack: shell io
exit 127
