"""Keep a submission to its folder, to Python, and to the data, while it is run for grading.

An audit hook of Python sees each file that is opened, each program that is started, each
connection, and refuses what is not on the list. It cannot be taken out again. This stops a look
around the disk for the hidden tests. It is no prison: code that is determined to get out of a
process that runs as you gets out. To grade people whom you do not trust, do it in a container or
an account of its own.

This file is given to the kernel as text.
"""

import os
import sys

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_TRUNC
SYSTEM = ["/dev/null", "/dev/urandom", "/dev/shm", "/usr/share", "/usr/lib", "/etc", "/sys"]
OWN_PROCESS = ["/proc/self", f"/proc/{os.getpid()}", "/proc/cpuinfo", "/proc/meminfo", "/proc/stat"]
# what ends processes, starts them, talks to others, or calls C directly
REFUSED = (
    "subprocess.Popen os.system os.exec os.posix_spawn os.spawn os.fork os.forkpty pty.spawn "
    "os.startfile os.kill os.killpg signal.pthread_kill socket.connect socket.bind "
    "socket.sendto socket.sendmsg ctypes.dlopen ctypes.dlsym ctypes.dlsym/handle "
    "ctypes.call_function ctypes.cdata ctypes.string_at webbrowser.open "
    "gc.get_objects gc.get_referrers gc.get_referents sys.addaudithook sqlite3.connect"
).split()
PATHS = (
    "os.remove os.rename os.rmdir os.mkdir os.link os.symlink os.truncate os.chmod os.chown "
    "os.utime os.setxattr os.removexattr shutil.rmtree shutil.move shutil.copyfile shutil.copytree"
).split()
LOOKS = "os.listdir os.scandir os.chdir glob.glob os.walk".split()


def fence(readable, writable):
    """Install the fence; there is no way back.

    Parameters
    ----------
    readable, writable : list of str
        Folders and files; what is writable is readable as well.
    """
    real, isdir, sep, flags = os.path.realpath, os.path.isdir, os.sep, WRITING
    norm = os.path.normcase
    write = tuple(norm(real(path)) for path in writable)
    read = write + tuple(norm(real(path)) for path in [*readable, *SYSTEM]) + tuple(OWN_PROCESS)
    refused, paths, looks = frozenset(REFUSED), frozenset(PATHS), frozenset(LOOKS)

    def inside(path, places):
        if isinstance(path, int) or path is None:
            return True  # a file that is open already
        path = os.fsdecode(path)
        if not os.path.isabs(path) and ".." in path.replace("\\", "/").split("/"):
            return False  # it may be meant relative to another folder than this one
        path = norm(real(path))
        return any(path == place or path.startswith(place.rstrip(sep) + sep) for place in places)

    def hook(event, args):
        if event == "open":
            path, mode, number = args
            writing = isinstance(number, int) and number & flags
            # from an open folder, relative paths would lead elsewhere than they seem to
            good = inside(path, write if writing or isdir(path) else read)
        elif event in paths:
            good = all(inside(path, write) for path in args if isinstance(path, str | bytes))
            good = good and all(arg == -1 for arg in args[2:] if event == "os.rename")
        elif event in looks:
            good = args[0] is None or inside(args[0], read)
        else:
            good = event not in refused
        if not good:
            what = str(args[0]) if args else ""
            raise PermissionError(f"closed while grading: {event} {what[:200]}")

    sys.addaudithook(hook)


def python_folders():
    """Where Python and its packages lie."""
    import site
    import sysconfig

    folders = {sys.prefix, sys.base_prefix, sys.exec_prefix, *sysconfig.get_paths().values()}
    folders |= {*site.getsitepackages(), site.getusersitepackages()}
    folders = {folder for folder in folders if folder not in ("/usr", "/", "/usr/local")}
    if sys.base_prefix in ("/usr", "/usr/local"):
        folders |= {f"{sys.base_prefix}/{part}" for part in ("lib", "lib64", "bin", "local/lib")}
    return sorted(folders)
