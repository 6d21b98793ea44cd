# Wants to outlive its end.
# attack: shell io
for s in $(seq 1 64); do trap '' $s 2>/dev/null; done; (setsid sleep 200 &) ; (trap '' HUP; while :; do sleep 1; done) & while :; do :; done
