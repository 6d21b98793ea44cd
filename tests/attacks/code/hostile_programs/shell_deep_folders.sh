# Wants the sandbox to be hard to clean up: folders in folders.
# attack: shell io
n=$(printf 'x%.0s' {1..200}); while mkdir $n 2>/dev/null && cd $n; do :; done; pwd | wc -c
