"""Which file systems do not tell of all changes: those that somebody else can write to behind the kernel's back."""

import os
import re
from typing import Self

from tornado_cli.records import Record

_MOUNTS = "/proc/self/mountinfo"
_SILENT = frozenset(
    {
        # Network.
        "nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "ceph", "coda", "davfs", "gfs2", "glusterfs", "lustre", "ncpfs",
        "ocfs2", "beegfs", "orangefs",
        # The host's files in a virtual machine; drvfs and 9p are those of Windows in WSL.
        "9p", "drvfs", "vboxsf", "prl_fs", "vmhgfs", "virtiofs", "fakeowner",
        # A lower layer may be edited; the kernel's own.
        "overlay", "aufs", "unionfs", "ecryptfs", "fuse", "proc", "sysfs",
    }
)  # fmt: skip
_OCTAL = re.compile(r"\\(\d{3})")


class Mounts(Record):
    """The kinds of the file systems that are mounted, by where they are."""

    kinds: dict[str, str]

    @classmethod
    def of_this_process(cls) -> Self:
        """Return none where the system does not tell."""
        try:
            with open(_MOUNTS, encoding="utf-8", errors="surrogateescape") as file:
                return cls.parse(file.read())
        except OSError:
            return cls({})

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read proc_pid_mountinfo(5); of two at one place the later one is seen."""
        kinds = {}
        for line in text.splitlines():
            before, _, after = line.partition(" - ")
            place = _OCTAL.sub(lambda code: chr(int(code[1], 8)), before.split(" ")[4])
            kinds[place] = after.partition(" ")[0]
        return cls(kinds)

    def silent_kind_of(self, folder: str) -> str:
        """Return the kind of the file system that a folder is on if it may change without a word; else nothing."""
        while folder not in self.kinds:
            parent = os.path.dirname(folder)
            if parent == folder:
                return ""
            folder = parent
        kind = self.kinds[folder]
        # fuseblk is a local disk.
        return kind if kind in _SILENT or kind.startswith("fuse.") else ""
