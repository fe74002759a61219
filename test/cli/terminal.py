# Runs the command of the arguments on a terminal, as a shell does, and prints what it wrote until Ctrl-Z, until it had stopped, then until Ctrl-C, and
# until it had ended.
import os, pty, select, signal, sys, time

PATIENCE_S = 20
SHOWN = b'\x1b[J'


def shell():
    """Waits for the command, continues it once it has stopped, and says so."""
    job = os.fork()
    if job == 0:
        os.setpgid(0, 0)
        signal.signal(signal.SIGTTOU, signal.SIG_IGN)
        os.tcsetpgrp(0, os.getpid())
        signal.signal(signal.SIGTTOU, signal.SIG_DFL)
        os.environ.update(TERM='xterm', LANG='C.UTF-8')
        os.execvp(sys.argv[1], sys.argv[1:])
    while True:
        _, status = os.waitpid(job, os.WUNTRACED)
        if not os.WIFSTOPPED(status):
            os.write(1, b'<ended %d>' % os.waitstatus_to_exitcode(status))
            os._exit(0)
        os.write(1, b'<stopped>')
        os.kill(job, signal.SIGCONT)


pid, terminal = pty.fork()
if pid == 0:
    shell()
seen = b''


def read(wanted):
    """All up to `wanted`."""
    global seen
    end = time.monotonic() + PATIENCE_S
    while wanted not in seen:
        if time.monotonic() > end:
            sys.exit('no %r in time: %r' % (wanted, seen[-500:]))
        if select.select([terminal], [], [], 0.1)[0]:
            seen += os.read(terminal, 65536)
    text, seen = seen.split(wanted, 1)
    print(repr((text + wanted).decode()))


read(SHOWN)
os.write(terminal, b'\x1a')
read(b'<stopped>')
read(SHOWN)
os.write(terminal, b'\x03')
read(b'<ended 0>')
