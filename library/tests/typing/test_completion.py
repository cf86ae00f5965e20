"""What editors and IPython offer for parsed documents: jedi and the language server of pyright complete them."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PROGRAMS = {
    "from libvirtxml import Domain\ndomain = Domain.parse('')\ndomain.": {"devices", "name", "to_xml"},
    "from libvirtxml import Domain\nDomain.parse('').devices.": {"disks", "interfaces"},
    "from libvirtxml import Domain\nfor disk in Domain.from_dict({}).devices.disks:\n    disk.": {"source", "target"},
    "from libvirtxml import Domain, parse\nparse('', Domain).": {"devices", "name"},
    "from libvirtxml import parse\nparse('').": {"to_xml", "problems", "devices", "portgroups"},
    "from libvirtxml import Domain, edit\nwith edit('', Domain) as domain:\n    domain.": {"devices", "name"},
    "from libvirtxml import VCPU\nVCPU.parse('').cpuset.": {"numbers"},
    "from libvirtxml import InterfaceMAC\nInterfaceMAC.parse('').address.": {"octets", "same_as"},
    "from libvirtxml import DiskFile\nDiskFile(": {"target=", "source="},
}


def has_overloads(program):
    """Whether jedi follows several overloads, and of the long union among them only some classes, so that it may miss
    the right one."""
    return "\nparse(" in program or "edit(" in program


@pytest.fixture(scope="module")
def jedi(tmp_path_factory):
    """Jedi with a cache of its own: that in the home directory is not safe to share between processes."""
    module = pytest.importorskip("jedi", reason="jedi is not installed")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module.settings, "cache_directory", str(tmp_path_factory.mktemp("jedi")))
        yield module


@pytest.mark.parametrize("program", [text for text in PROGRAMS if not has_overloads(text)])
def test_jedi_completes(program, jedi):
    lines = program.splitlines()
    found = {item.name for item in jedi.Script(program).complete(len(lines), len(lines[-1]))}
    assert found >= PROGRAMS[program]


class Server:
    """A language server, over its standard streams."""

    def __init__(self, command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.number = 0

    def send(self, method, params, **more):
        body = json.dumps({"jsonrpc": "2.0", "method": method, "params": params, **more}).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self.process.stdin.flush()

    def read(self):
        length = 0
        while line := self.process.stdout.readline().strip():
            if line.lower().startswith(b"content-length"):
                length = int(line.partition(b":")[2])
        return json.loads(self.process.stdout.read(length))

    def ask(self, method, params):
        self.number += 1
        self.send(method, params, id=self.number)
        while (answer := self.read()).get("id") != self.number or "method" in answer:
            if "method" in answer and "id" in answer:  # it asks for its settings
                items = answer["params"].get("items", []) if isinstance(answer.get("params"), dict) else []
                reply = {"jsonrpc": "2.0", "id": answer["id"], "result": [{} for _ in items]}
                body = json.dumps(reply).encode()
                self.process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
                self.process.stdin.flush()
        return answer["result"]


@pytest.mark.slow
def test_pyright_completes():
    command = Path(sys.executable).parent / "pyright-python-langserver"
    if shutil.which(command) is None:
        pytest.skip("the language server of pyright is not installed")
    server = Server([command, "--stdio"])
    try:
        uri = ROOT.as_uri()
        workspace = [{"uri": uri, "name": "library"}]
        server.ask("initialize", {"processId": None, "rootUri": uri, "capabilities": {}, "workspaceFolders": workspace})
        server.send("initialized", {})
        for number, (program, expected) in enumerate(PROGRAMS.items()):
            document = {"uri": f"{uri}/completed_{number}.py", "languageId": "python", "version": 1, "text": program}
            server.send("textDocument/didOpen", {"textDocument": document})
            lines = program.splitlines()
            position = {"line": len(lines) - 1, "character": len(lines[-1])}
            asked = {"textDocument": {"uri": document["uri"]}, "position": position}
            found = {item["label"] for item in server.ask("textDocument/completion", asked)["items"]}
            assert found >= expected, program
    finally:
        server.process.kill()
        server.process.wait()
        server.process.stdin.close()
        server.process.stdout.close()
