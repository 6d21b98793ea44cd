# Wants the kernel's memory by empty files that no size counts.
# attack: shell io
i=0; while :; do : > $i; i=$((i + 1)); test $((i % 5000)) = 0 && echo $i; done
