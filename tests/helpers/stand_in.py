"""Programs that stand in for QEMU: they write what a guest would have written, and end as requested."""

import stat
import sys

SCRIPT = """#!{python}
import re, sys, time
line = " ".join(sys.argv)
if "--version" in sys.argv:
    print("QEMU emulator version {version}")
    sys.exit(0)
def out(pattern):
    found = re.search(pattern, line)
    return open(found[1], "wb") if found else open("/dev/null", "wb")
serials = re.findall(r"-serial file:(\\S+)", line)
console = out(r"logfile=([^, ]+)") if "logfile=" in line else open(serials[0], "wb")
facts = open(serials[-1], "wb")
firmware = out(r"firmware,path=(\\S+)")
for stream, data in {writes!r}:
    {{"console": console, "facts": facts, "firmware": firmware, "error": sys.stderr.buffer}}[stream].write(data)
for stream in (console, facts, firmware, sys.stderr):
    stream.flush()
if {forever!r}:
    while True:
        firmware.write(b"PCI: pci_bios_init_bus_rec bus = 0x31\\n" * 1000)
        firmware.flush()
        time.sleep(0.01)
time.sleep({seconds!r})
{end}
"""


def make(directory, *writes, seconds=0.0, status=0, forever=False, version="7.2.0", signal=None):
    """Write such a program and return its path."""
    path = directory / "qemu-stand-in"
    end = f"import os; os.kill(os.getpid(), {signal})" if signal else f"sys.exit({status})"
    text = SCRIPT.format(
        python=sys.executable, writes=list(writes), seconds=seconds, forever=forever, end=end, version=version
    )
    path.write_text(text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)
