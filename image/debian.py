"""Where Debian comes from, for whoever makes a system of it: the archives and the proxy of this machine's own apt."""
import contextlib
import pathlib
import re
import subprocess
import sys

SUITES = ("bookworm", "bookworm-updates", "bookworm-security")


def archives():
    """Debian's archives as this machine's own apt knows them, in lines of a sources.list; they have the other architectures too."""
    found = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(CODENAME) $(REPO_URI) $(RELEASE) $(COMPONENT)",
         "Identifier: Packages", "Origin: Debian", "Architecture: " + own_architecture()],
        check=True, text=True, stdout=subprocess.PIPE).stdout
    lines = [f"deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] {place}"
             for codename, place in (line.split(" ", 1) for line in found.splitlines()) if codename in SUITES]
    if not lines:
        sys.exit("the apt of this system knows no archive of Debian 12: its sources, or `apt-get update`, are missing")
    return sorted(set(lines))


def proxies():
    """A proxy that this machine's apt goes through; mmdebstrap does not read the system's settings."""
    settings = subprocess.run(["apt-config", "dump"], check=True, text=True, stdout=subprocess.PIPE).stdout
    return re.findall(r"^(Acquire::https?::Proxy.*);$", settings, re.MULTILINE)


def own_architecture():
    return subprocess.run(["dpkg", "--print-architecture"], check=True, text=True, stdout=subprocess.PIPE).stdout.strip()


@contextlib.contextmanager
def emulation(architecture):
    """Lets the kernel run programs of another architecture by QEMU's user emulation (qemu-user-static) while a system of it is made."""
    registry, name = pathlib.Path("/proc/sys/fs/binfmt_misc"), {"arm64": "qemu-aarch64", "amd64": "qemu-x86_64"}[architecture]
    if architecture == own_architecture() or (registry / name).exists():
        yield
        return
    entry = pathlib.Path(f"/usr/lib/binfmt.d/{name}.conf")
    if not entry.exists():
        sys.exit(f"{entry}: missing (Debian: qemu-user-static)")
    mounted = not (registry / "register").exists()
    if mounted:
        subprocess.run(["mount", "-t", "binfmt_misc", "binfmt_misc", str(registry)], check=True)
    (registry / "register").write_bytes(entry.read_bytes().strip())
    try:
        yield
    finally:
        (registry / name).write_text("-1", encoding="ascii")
        if mounted:
            subprocess.run(["umount", str(registry)], check=True)
