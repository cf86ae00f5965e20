"""A working invocation of every command, with the files that it reads: for tests that hold for all commands."""

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from helpers import stand_in
from helpers.abi_dumps import dump, queues
from helpers.probe_boot import FRAME, STARTED
from helpers.surroundings import suite_ark
from virtsmith.abi.dump.store import DumpStore
from virtsmith.host.spec.examples import example_text

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Invocation:
    """Arguments of a command, and what it does with files.

    Attributes:
        words: arguments; `{here}` is the workplace.
        output: the file that `-o` names, where the command has that option.
        writes: patterns of files that it changes without `-o`.
        stdin: a file for its standard input.
        ark: `own` where it changes the ark, so that it needs a copy; `suite` where it needs real versions.
        tree: whether it changes the source, so that it needs a copy.
        slow: whether it starts real emulators.
    """

    words: str
    output: str = ""
    writes: tuple[str, ...] = ()
    stdin: str = ""
    ark: str = ""
    tree: bool = False
    slow: bool = False


BOOT = "--accel tcg --qemu {here}/qemu-stand-in --kernel {here}/vmlinuz --modules {here}/modules"
INVOCATIONS = {
    "clean": Invocation("--json", "out.json"),
    "xml check": Invocation("{here}/web.xml --json", "out.json"),
    "xml convert": Invocation("{here}/web.xml --to json", "out.json"),
    "xml diff": Invocation("{here}/web.xml {here}/other.xml --json", "out.json"),
    "xml edit": Invocation("{here}/web.xml -i --set memory=9GiB", writes=("web.xml",)),
    "xml format": Invocation("-i {here}/untidy.xml", writes=("untidy.xml",)),
    "xml get": Invocation("{here}/web.xml name memory --json", "out.json"),
    "xml roundtrip": Invocation("{here}/documents --json", "out.json"),
    "xml rules": Invocation("--json", "out.json"),
    "xml schema": Invocation("disk", "out.json"),
    "xml show": Invocation("{here}/web.xml --json", "out.json"),
    "xml since": Invocation("devices.tpms.backend.type=external --target all --json", "out.json"),
    "xml validate": Invocation("{here}/web.xml --json", "out.json"),
    "schema generate": Invocation("--check"),
    "schema import": Invocation(
        "{here}/schemas --version 99.0.0 --json", "out.json", ("tree/virtsmith/schema/data/*",), tree=True
    ),
    "schema learn-order": Invocation("{here}/documents", writes=("tree/virtsmith/schema/data/*",), tree=True),
    "schema releases": Invocation("--json", "out.json"),
    "host argv": Invocation("{here}/host.toml", "out.txt"),
    "host build": Invocation("{here}/host.toml", "out.xml"),
    "host console": Invocation("dead --log"),
    "host down": Invocation("dead", writes=("hosts/dead/*",)),
    "host export": Invocation("{here}/host.toml --to kcli", "out.txt"),
    "host init": Invocation("numa3", "out.toml"),
    "host lint": Invocation("{here}/web.xml --json", "out.json"),
    "host list": Invocation("--json", "out.json"),
    "host provision": Invocation("{here}/host.toml", "out.txt"),
    "host rules": Invocation("--json", "out.json"),
    "host show": Invocation("{here}/host.toml --format svg", "out.svg"),
    "host twin": Invocation("{here}/numactl.txt", "out.toml"),
    "host up": Invocation(f"{{here}}/host.toml --name new {BOOT}", writes=("hosts/new/*",)),
    "host verify": Invocation(f"{{here}}/host.toml --json {BOOT}", "out.json"),
    "host virt-install": Invocation("{here}/host.toml", "out.txt"),
    "ark bisect": Invocation(
        "qemu --good 9.8 --bad 9.9 --log {here}/log.json --json -- true", "out.json", ("log.json",)
    ),
    "ark build": Invocation("libvirt@9.0.0 --url http://127.0.0.1:9/", ark="own"),
    "ark catalogue": Invocation("qemu --json", "out.json"),
    "ark check": Invocation(
        "{here}/small.xml --libvirt 9.0 --qemu 7.2 --accel tcg --json", "out.json", ark="suite", slow=True
    ),
    "ark clean": Invocation("", ark="own", writes=("ark/**/*",)),
    "ark daemon": Invocation("status --json", "out.json"),
    "ark doctor": Invocation("--json", "out.json"),
    "ark env": Invocation("qemu --json", "out.json"),
    "ark install": Invocation("{install} --again --json", "out.json", ("ark/**/*",), ark="own"),
    "ark list": Invocation("--json", "out.json"),
    "ark migrate": Invocation(
        "{here}/small.xml --from 9.0/7.2 --to 9.0/7.2 --way save --json", "out.json", ark="suite", slow=True
    ),
    "ark minimum": Invocation("debian-12 noble --json", "out.json"),
    "ark remove": Invocation("qemu@9.8", ark="own", writes=("ark/**/*",)),
    "ark rules": Invocation("--json", "out.json"),
    "ark run": Invocation("qemu -- true"),
    "ark shell": Invocation("qemu"),
    "ark spec": Invocation("qemu@2.6.0", "out.spec"),
    "ark srpm": Invocation("qemu@2.6.0 -d {here}/packages --url http://127.0.0.1:9/"),
    "ark targets": Invocation("supported --json", "out.json"),
    "ark verify": Invocation("--json", "out.json"),
    "abi diff": Invocation("{here}/dumps --json", "out.json"),
    "abi dump": Invocation("{here}/q.replies --dumps {here}/new-dumps --json", "out.json", ("new-dumps/**/*",)),
    "abi history": Invocation("{here}/dumps --json", "out.json"),
    "abi machines": Invocation("{here}/web.xml --target debian-13 --json", "out.json"),
    "abi migrate": Invocation("system system -m isapc -d none --untouched --json", "out.json", slow=True),
    "abi report": Invocation("{here}/dumps", "out.html", ("out.json", "abi-report.*")),
    "abi rules": Invocation("--json", "out.json"),
    "abi show": Invocation("--dumps {here}/dumps --json", "out.json"),
    "abi vm": Invocation("{here}/small.xml --from system --to system --untouched --json", "out.json", slow=True),
    "po build-files": Invocation("{here}/po --to make", writes=("po/virtsmith.mk",)),
    "po check": Invocation("{here}/po/de.po --json", "out.json"),
    "po clean": Invocation("{here}/po/de.po", stdin="full.po"),
    "po compile": Invocation("{here}/full.po", "out.mo"),
    "po convert": Invocation("sorted", writes=("po/*", "pyproject.toml")),
    "po diff": Invocation("{here}/full.po {here}/po/de.po --json", "out.json"),
    "po expand": Invocation("{here}/po/de.po --pot {here}/po/app.pot", "out.po"),
    "po extract": Invocation("{here}", "out.pot"),
    "po git-setup": Invocation("{here} --local", writes=(".git/*", ".git/info/*", ".gitattributes")),
    "po install": Invocation("{here}/po --destdir {here}/stage --localedir /l --domain app", writes=("stage/**/*",)),
    "po lock": Invocation("{here}"),
    "po merge": Invocation("{here}/full.po {here}/full.po {here}/po/de.po", "out.po"),
    "po merge-desktop": Invocation("{here}/app.desktop.in {here}/po", "out.desktop"),
    "po minimize": Invocation("{here}/full.po", "out.po"),
    "po pull": Invocation("{here} --yes --json", "out.json", ("po/*",)),
    "po push": Invocation("{here} --yes", writes=("po/*", "remote/*")),
    "po remote-stats": Invocation("{here} --json", "out.json"),
    "po resolve": Invocation("{here}/po/de.po --take ours", writes=("po/*",)),
    "po rules": Invocation("--json", "out.json"),
    "po savings": Invocation("{here} --json", "out.json"),
    "po stats": Invocation("{here} --json", "out.json"),
    "po textconv": Invocation("{here}/full.po"),
    "po unlock": Invocation("{here}"),
}
"""By command. Those that reach out to servers find nobody there, but for `ark install`, which has an archive."""

_DOMAIN = """\
<domain type='kvm'>
  <name>{name}</name>
  <memory unit='KiB'>{memory}</memory>
  <vcpu placement='static'>2</vcpu>
  <os>
    <type arch='x86_64' machine='pc-q35-9.0'>hvm</type>
  </os>
  <devices>
    <disk type='file' device='disk'>
      <source file='/srv/{name}.qcow2'/>
      <target dev='vda' bus='virtio'/>
    </disk>
  </devices>
</domain>
"""
_SMALL = """\
<domain type='qemu'>
  <name>small</name>
  <memory unit='MiB'>64</memory>
  <vcpu>1</vcpu>
  <os><type arch='x86_64' machine='pc'>hvm</type></os>
</domain>
"""
_HEADER = """\
msgid ""
msgstr ""
"Project-Id-Version: app\\n"
"POT-Creation-Date: 2020-01-01 00:00+0000\\n"
"Language: de\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

"""
_NUMACTL = "available: 1 nodes (0)\nnode 0 cpus: 0 1\nnode 0 size: 500 MB\n"
_PROJECT = '[tool.virtsmith.po]\ndomain = "app"\nprofile = "mini"\n[tool.virtsmith.po.platform]\n'
DIRECTORY_PLATFORM = 'kind = "directory"\npath = "remote"\n'


def catalogue(translated: bool, count: int = 30) -> str:
    """A catalogue, or its template."""
    texts = (f'#: a.c:{n}\nmsgid "text {n}"\nmsgstr "{f"Text {n}" if translated else ""}"\n' for n in range(count))
    return _HEADER + "\n".join(texts)


def make_workplace(here: Path, *, platform: str = DIRECTORY_PLATFORM) -> Path:
    """Write the files that the invocations read."""
    for name in ("po", "remote", "documents", "hosts/dead", "modules", "home", "tmp"):
        (here / name).mkdir(parents=True)
    files = {
        "web.xml": _DOMAIN.format(name="web", memory=1048576),
        "other.xml": _DOMAIN.format(name="other", memory=2097152),
        "untidy.xml": _DOMAIN.format(name="untidy", memory=1048576).replace("  <", "\t <").replace("'", '"'),
        "documents/web.xml": _DOMAIN.format(name="web", memory=1048576),
        "small.xml": _SMALL,
        "numactl.txt": _NUMACTL,
        "full.po": catalogue(translated=True),
        "po/de.po": catalogue(translated=True),
        "po/app.pot": catalogue(translated=False),
        "remote/de.po": catalogue(translated=True).replace("Text 7", "Satz 7"),
        "remote/app.pot": catalogue(translated=False),
        "po/POTFILES": "a.py\n",
        "app.desktop.in": "[Desktop Entry]\nName=Text 7\n",
        "a.py": "".join(f"print(_('text {n}'))\n" for n in range(30)),
        "pyproject.toml": _PROJECT + platform,
        "vmlinuz": "kernel",
        "hosts/dead/console.log": "the last words\n",
        "hosts/dead/host.json": json.dumps(
            {"name": "dead", "directory": str(here / "hosts/dead"), "pid": 0, "started": 0.0, "kind": "probe"}
            | {"accel": "tcg", "command": "qemu"}
        ),
    }
    for name, text in files.items():
        (here / name).write_text(text)
    (here / "busybox").write_bytes(_static_program())
    shutil.copy(ROOT / "tests/samples/qemu-7.2.replies", here / "q.replies")
    stand_in.make(here, STARTED, ("facts", FRAME), seconds=30.0)
    _make_others(here)
    schemas = Path("/usr/share/libvirt/schemas")
    shutil.copytree(schemas, here / "schemas") if schemas.is_dir() else (here / "schemas").mkdir()
    return here


def _static_program() -> bytes:
    header = b"\x7fELF\x02" + bytes(27) + (64).to_bytes(8, "little") + bytes(14) + (56).to_bytes(2, "little")
    return header + bytes(100)


def _make_others(here: Path) -> None:
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    for words in (["init", "-q"], ["add", "po"], ["commit", "-qm", "one"]):
        subprocess.run(["git", *identity, *words], cwd=here, check=True)
    (here / "host.toml").write_text(example_text("minimal"))
    store = DumpStore(here / "dumps")
    for version, size in (("7.2.0", 1024), ("8.0.0", 256)):
        store.save(dump(version, virtio=queues(size)))
    shutil.copytree(ROOT / "src/virtsmith", here / "tree/virtsmith", ignore=shutil.ignore_patterns("__pycache__"))


def environment(here: Path, name: str, ark: Path) -> dict[str, str]:
    """The environment of a command in a workplace: nothing of the user's, and temporary files of its own."""
    invocation = INVOCATIONS[name]
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(here / "home"),
        "TMPDIR": str(here / "tmp"),
        "LC_ALL": "C.UTF-8",
        "SHELL": "/bin/true",
        "VIRTSMITH_HOSTS": str(here / "hosts"),
        "VIRTSMITH_BUSYBOX": str(here / "busybox"),
        "VIRTSMITH_ARK": str({"": ark, "own": here / "ark", "suite": suite_ark()}[invocation.ark]),
        "VIRTSMITH_ABI": str(here / "dumps"),
        "GIT_CONFIG_NOSYSTEM": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONPATH": os.pathsep.join([*([str(here / "tree")] if invocation.tree else []), *_tested()]),
    }


def _tested() -> list[str]:
    """Where the suite's own PYTHONPATH says that the tested distributions are; `make test` tests those it has built."""
    return [place for place in os.environ.get("PYTHONPATH", "").split(os.pathsep) if place]


def arguments(here: Path, name: str, *, to_file: bool, **places: str) -> list[str]:
    """The words of a command line, after the name of the program."""
    invocation = INVOCATIONS[name]
    words = [*name.split(), *(word.format(here=here) for word in _split(invocation.words, **places))]
    return [*words, "-o", str(here / invocation.output)] if to_file and invocation.output else words


def _split(words: str, **places: str) -> list[str]:
    return [part for word in words.split() for part in (places[word[1:-1]].split() if word[1:-1] in places else [word])]
