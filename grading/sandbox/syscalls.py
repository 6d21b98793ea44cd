"""The system calls that learners' code is refused, as a filter for bubblewrap.

The namespaces already keep the rest of the machine out of reach. The filter takes away what has
broken such walls before: kernel interfaces that an ordinary program has no use for.
"""

from __future__ import annotations

import contextlib
import errno
import functools
import os

from grading.sandbox.errors import SandboxUnavailable

REFUSED = (
    # other processes' memory and descriptors
    *("ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "pidfd_getfd", "kcmp"),
    # keys, which are shared by all processes of one user
    *("keyctl", "add_key", "request_key"),
    # namespaces and mounts
    *("unshare", "setns", "mount", "umount", "umount2", "pivot_root", "chroot", "move_mount"),
    *("open_tree", "open_tree_attr", "fsopen", "fsconfig", "fsmount", "fspick", "mount_setattr"),
    # interfaces with a large kernel surface
    *("bpf", "perf_event_open", "io_uring_setup", "io_uring_enter", "io_uring_register"),
    "io_setup",
    *("userfaultfd", "fanotify_init", "lookup_dcookie", "vmsplice", "move_pages", "migrate_pages"),
    *("mbind", "set_mempolicy", "remap_file_pages", "modify_ldt", "uselib"),
    # the machine itself
    *("kexec_load", "kexec_file_load", "init_module", "finit_module", "delete_module", "reboot"),
    *("swapon", "swapoff", "acct", "settimeofday", "clock_settime", "clock_adjtime", "adjtimex"),
    *("syslog", "quotactl", "quotactl_fd", "iopl", "ioperm", "vhangup", "nfsservctl"),
    *("name_to_handle_at", "open_by_handle_at", "personality", "sethostname", "setdomainname"),
    # memory that no limit of a process counts, or that outlives the process
    *("memfd_create", "memfd_secret", "shmget", "msgget", "semget", "mq_open"),
    # sockets; pairs within the program stay
    "socket",
)
_NAMESPACE_FLAGS = 0x7E020000 | 0x00000080  # every CLONE_NEW* flag, time namespace included
_TIOCSTI, _TIOCLINUX = 0x5412, 0x541C


@functools.lru_cache(maxsize=1)
def program() -> bytes:
    """The filter as the kernel reads it. Raises SandboxUnavailable without libseccomp."""
    try:
        import pyseccomp
    except (ImportError, OSError, RuntimeError) as error:
        raise SandboxUnavailable(
            f"The system call filter cannot be built: {error}.",
            "Install the system's libseccomp (on Debian: apt-get install libseccomp2) and the "
            "Python package pyseccomp.",
        ) from error
    chosen = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
    refuse = pyseccomp.ERRNO(errno.EPERM)
    for name in REFUSED:
        with contextlib.suppress(ValueError, RuntimeError, OSError):  # unknown to this kernel
            chosen.add_rule(refuse, name)
    for bit in (1 << place for place in range(32) if _NAMESPACE_FLAGS >> place & 1):
        if bit != 0x80:  # in clone() the low byte is the exit signal
            flags = pyseccomp.Arg(0, pyseccomp.MASKED_EQ, bit, bit)
            chosen.add_rule(refuse, "clone", flags)
    # Its flags lie in memory where no filter can read them; the C library then uses clone().
    with contextlib.suppress(ValueError, RuntimeError, OSError):
        chosen.add_rule(pyseccomp.ERRNO(errno.ENOSYS), "clone3")
    for request in (_TIOCSTI, _TIOCLINUX):
        argument = pyseccomp.Arg(1, pyseccomp.MASKED_EQ, 0xFFFFFFFF, request)
        chosen.add_rule(refuse, "ioctl", argument)
    return _exported(chosen)


def _exported(chosen: object) -> bytes:
    fd = os.memfd_create("filter")
    with os.fdopen(fd, "w+b") as file:
        chosen.export_bpf(file)  # type: ignore[attr-defined]
        file.seek(0)
        return file.read()
