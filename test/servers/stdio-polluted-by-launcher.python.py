# client sees: connects
import os
import sys
import time

# What pip says of an install that is up to date.
print("Requirement already satisfied: notes-mcp in /opt/venv/lib/python3.12/site-packages (1.0.0)", flush=True)
time.sleep(0.2)
server = os.path.join(os.path.dirname(__file__), "support", "minimal_stdio.py")
os.execv(sys.executable, [sys.executable, server])
