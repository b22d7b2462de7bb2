"""A program on a pseudo-terminal of a given size, and what a person would see there (pyte plays the terminal)."""
import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time

import pyte

ROWS = 24


class Screen(pyte.Screen):
    """A screen that counts the lines that ran over its right border."""
    wrapped = 0

    def draw(self, data):
        for char in data:
            if self.cursor.x == self.columns:
                self.wrapped += 1
            super().draw(char)


class Terminal:
    """Starts `command` on a new terminal. Use as a context: its end kills what is left."""

    def __init__(self, command, columns=80, cwd=None, env=None):
        self.screen = Screen(columns, ROWS)
        self.stream = pyte.ByteStream(self.screen)
        self.raw = b""
        self.code = None
        # Closed by exec: a signal before that would go to a copy of this interpreter, and be lost.
        started, starting = os.pipe()
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            try:
                # A shell in the background ignores Ctrl-C for all that it starts; a person's shell does not.
                signal.signal(signal.SIGINT, signal.SIG_DFL)
                fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, columns, 0, 0))
                os.chdir(cwd or ".")
                variables = os.environ | {"TERM": "xterm"} | (env or {})
                os.execvpe(command[0], list(map(str, command)), variables)
            finally:
                os._exit(127)
        os.close(starting)
        os.read(started, 1)
        os.close(started)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.code is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.fd)

    def send(self, text):
        os.write(self.fd, text.encode())

    def resize(self, columns):
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, columns, 0, 0))
        self.screen.resize(ROWS, columns)

    def text(self):
        """The screen's lines, without those that are empty at its end."""
        return "\n".join(line.rstrip() for line in self.screen.display).rstrip()

    def read(self, seconds=0.05):
        """Takes what the program wrote; False at its end."""
        if not select.select([self.fd], [], [], seconds)[0]:
            return True
        try:
            data = os.read(self.fd, 65536)
        except OSError:  # how Linux says that the other side is closed
            data = b""
        self.raw += data
        self.stream.feed(data)
        return bool(data)

    def until(self, condition, timeout=30):
        """Reads until the condition holds; an assertion with the screen when it never does."""
        deadline = time.monotonic() + timeout
        while not condition():
            assert time.monotonic() < deadline, f"never came; the screen:\n{self.text()}"
            if not self.read():
                assert condition(), f"the program ended before; the screen:\n{self.text()}"
                return

    def wait(self, timeout=120):
        """Reads to the end; the exit code, or minus the signal."""
        deadline = time.monotonic() + timeout
        while self.read():
            assert time.monotonic() < deadline, f"does not end; the screen:\n{self.text()}"
        self.code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        return self.code
