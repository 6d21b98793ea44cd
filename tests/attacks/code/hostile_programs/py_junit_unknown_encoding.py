# Wants `error`: XML in an encoding that is none.
# attack: python pytest junit
import os
os.makedirs("report", exist_ok=True)
for place in ("report/results.xml", "results.xml"):
    open(place, "w").write('<?xml version="1.0" encoding="no-such"?><testsuite/>')
os.system("kill -9 $PPID") if False else os._exit(0)
