# Wants `error`: a score of 400 digits cannot become a float.
# attack: python gradescope
import os
open("/autograder/results/results.json", "w").write('{"score": 1' + "0" * 400 + "}")
os._exit(0)
