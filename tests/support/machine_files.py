"""A machine's control groups as files: what a process reads of them, without the kernel behind it."""

from pathlib import Path


class MachineFiles:
    """A /proc/self and cgroup trees."""

    def __init__(self, folder: Path) -> None:
        self.tree = folder / "sys fs cgroup"
        self.proc_self = folder / "proc"
        self.proc_self.mkdir()

    def belongs_to(self, *memberships: str) -> None:
        (self.proc_self / "cgroup").write_text("".join(f"{line}\n" for line in memberships))

    def mounts(self, kind: str, *, root: str = "/", at: str = "", options: str = "rw") -> None:
        # Spaces are octal in this file.
        point = str(self.tree / at).replace(" ", "\\040")
        with (self.proc_self / "mountinfo").open("a") as file:
            file.write(f"30 23 0:26 {root} {point} rw,nosuid shared:9 - {kind} {kind} {options}\n")

    def says(self, group: str, **files: str) -> None:
        """Have a group's files say this; two underscores stand for the dot in their names."""
        folder = self.tree / group
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (folder / name.replace("__", ".")).write_text(f"{text}\n")
