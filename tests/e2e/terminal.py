"""Runs a command at a terminal of its own: our input is what is typed, our output what is shown."""

import os
import pty
import select
import sys

child, terminal = pty.fork()
if child == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
typing = True
while True:
    ready, _, _ = select.select([terminal] + ([0] if typing else []), [], [])
    if terminal in ready:
        try:
            shown = os.read(terminal, 4096)
        except OSError:  # Linux's way of saying that the command has ended
            break
        if not shown:
            break
        os.write(1, shown)
    if 0 in ready:
        typed = os.read(0, 4096)
        typing = bool(typed)
        os.write(terminal, typed)
_, status = os.waitpid(child, 0)
sys.exit(os.waitstatus_to_exitcode(status))
