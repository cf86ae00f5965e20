"""A program that speaks QMP and has the faults of real ones: it dies over some questions, at once or in the middle."""

import json
import os
import socket
import sys


def main(argv):
    if "--version" in argv:
        print("QEMU emulator version 9.8.7 (Debian 1:9.8.7-1)")
        return 0
    if "-dump-vmstate" in argv:
        print("vmstate crashes", file=sys.stderr)
        os.abort()
    place = next(word for word in argv if word.startswith("unix:"))
    monitor = socket.socket(socket.AF_UNIX)
    monitor.connect(place.removeprefix("unix:"))

    def say(message):
        monitor.sendall(json.dumps(message).encode() + b"\r\n")

    say({"QMP": {"version": {}}})
    for line in monitor.makefile():
        request = json.loads(line)
        name = request.get("arguments", {}).get("typename", "")
        if name == "crash":
            print("qemu: assertion failed", file=sys.stderr)
            sys.stderr.flush()
            os.abort()
        if name == "exit":
            print("qemu: module missing", file=sys.stderr)
            return 1
        if name == "absent":
            say({"error": {"class": "DeviceNotFound", "desc": f"Device '{name}' not found"}})
        elif request["execute"] == "query-version":
            say({"return": {"qemu": {"major": 9, "minor": 8, "micro": 7}, "package": "(fake)"}})
        else:
            say({"event": "STOP"})
            say({"return": [{"name": name, "type": "str"}]})
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
