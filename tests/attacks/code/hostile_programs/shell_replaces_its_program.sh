# Wants to change the files that a later run starts from.
# attack: shell twice
test -e /tmp/.trace && echo ESCAPED seen || echo clean
echo 'echo ESCAPED' > solution.sh 2>/dev/null; rm -f solution.sh 2>/dev/null; chmod u+w solution.sh 2>/dev/null; mv solution.sh other 2>/dev/null
touch .trace
