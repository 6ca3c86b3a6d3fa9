"""Which file system a path lies on, to refuse those where SQLite's write-ahead log can't work."""

import re
from pathlib import Path

_NETWORK_TYPES = """
    9p acfs afs afpfs beegfs ceph cifs coda fuse.ceph fuse.davfs fuse.davfs2 fuse.gcsfuse fuse.glusterfs fuse.mfs
    fuse.rclone fuse.s3fs fuse.smbnetfs fuse.sshfs fuse.vmhgfs-fuse gfs2 glusterfs gpfs lustre ncpfs nfs nfs4 ocfs2
    orangefs prl_fs pvfs2 smb2 smb3 smbfs vboxsf vmhgfs webdav
"""
NETWORK_TYPES = frozenset(_NETWORK_TYPES.split())
"""File systems shared between machines, as Linux names them (SQLite: "WAL does not work over a network filesystem")."""

_ESCAPE = re.compile(r"\\([0-7]{3})")


def file_system_type(path: Path, table: Path = Path("/proc/self/mountinfo")) -> str:
    """Type of the file system that holds an existing path, such as ``ext4``; empty where the system doesn't say.

    Args:
        path: An existing file or directory.
        table: The kernel's mount table, see proc(5); Linux only.
    """
    try:
        lines = table.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return ""
    return type_from_table(path.resolve(), lines)


def type_from_table(path: Path, lines: list[str]) -> str:
    """The type of the mount point nearest above a path; of two on the same point the later one hides the other."""
    nearest, kind = -1, ""
    for line in lines:
        mount, _, source = line.partition(" - ")
        fields = mount.split()
        if len(fields) < 5 or not source:
            continue
        point = Path(_ESCAPE.sub(lambda found: chr(int(found[1], 8)), fields[4]))
        if path.is_relative_to(point) and len(point.parts) >= nearest:
            nearest, kind = len(point.parts), source.split()[0]
    return kind
