"""Which file systems do not tell of all changes."""

import pytest

from tornado_cli.serve.watching.mounts import Mounts

MOUNTS = r"""
22 1 253:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
23 22 0:20 / /proc rw - proc proc rw
30 22 0:40 / /srv/team rw,relatime shared:9 master:2 - nfs4 host:/team rw,vers=4.2
31 30 8:1 / /srv/team/local rw - xfs /dev/sda1 rw
32 22 0:41 / /mnt/c rw - 9p C:\134 rw,aname=drvfs
33 22 0:42 / /home/me/with\040space rw - fuse.sshfs me@host: rw
34 22 0:43 / /media/stick rw - fuseblk /dev/sdb1 rw
35 22 0:44 / /var/lib/layers rw - ext4 /dev/sdc rw
36 35 0:45 / /var/lib/layers rw - overlay overlay rw,lowerdir=/a
""".strip()


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/", ""), ("/srv", ""), ("/srv/team", "nfs4"), ("/srv/team/a/b", "nfs4"), ("/srv/team/local/a", ""),
        ("/srv/teammate", ""), ("/mnt/c/Users", "9p"), ("/home/me/with space/x", "fuse.sshfs"), ("/proc/1", "proc"),
        ("/media/stick/x", ""), ("/var/lib/layers/x", "overlay"),
    ],
)  # fmt: skip
def test_the_nearest_mount_says_whether_a_folder_may_change_without_a_word(folder: str, kind: str) -> None:
    assert Mounts.parse(MOUNTS).silent_kind_of(folder) == kind


def test_where_the_system_does_not_say_what_is_mounted_nothing_is_silent() -> None:
    assert Mounts({}).silent_kind_of("/srv/team") == ""
