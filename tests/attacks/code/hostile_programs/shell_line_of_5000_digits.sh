# Wants `error`: a forged message with a line number of 5000 digits, then it is killed.
# attack: shell io
printf 'solution.sh: line %s: x\n' $(printf '9%.0s' {1..5000}) >&2
kill -9 $$
