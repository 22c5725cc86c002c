"""A small IMAP server in a thread, as much as reading reports needs: one folder, one connection after the other."""

import re
import socket
import threading


class ImapPeer:
    """Serves `mails` (bytes by uid) over plain IMAP on loopback; `flags`, `moved` and `commands` say what was done.

    A uid in `broken` is not given. `password` is the only one that it takes.
    """

    def __init__(self, mails, *, password="secret", capabilities="IMAP4REV1", folders=("INBOX",), broken=()):
        self.mails = dict(enumerate(mails, start=1))
        self.password, self.capabilities, self.folders = password, capabilities, set(folders)
        self.broken, self.flags, self.moved, self.commands = set(broken), {}, {}, []

    def __enter__(self):
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join()

    def url(self, *, password="secret", path="/INBOX"):
        return f"imap://jane:{password}@127.0.0.1:{self.port}{path}"

    def _serve(self):
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection, connection.makefile("rwb") as lines:
                self._talk(lines)

    def _talk(self, lines):
        self._write(lines, b"* OK ready")
        for line in lines:
            tag, _, command = line.decode().strip().partition(" ")
            self.commands.append(command)
            untagged, ending = self._answer(command)
            # At once: of two writes the second would wait, 40 ms, until the first is confirmed.
            self._write(lines, *untagged, f"{tag} {ending}".encode())
            if command == "LOGOUT":
                return

    def _write(self, lines, *said):
        lines.write(b"".join(line + b"\r\n" for line in said))
        lines.flush()

    def _answer(self, command):
        """The untagged lines, and the words after the tag."""
        verb, *words = re.findall(r'"[^"]*"|\S+', command.replace("UID ", "", 1))
        words = [word.strip('"') for word in words]
        answers = {
            "CAPABILITY": lambda: ([f"* CAPABILITY {self.capabilities}".encode()], "OK done"),
            "LOGIN": lambda: ([], "OK done" if words[1] == self.password else "NO [AUTHENTICATIONFAILED] wrong"),
            "SELECT": lambda: ([b"* 1 EXISTS"], "OK done" if words[0] in self.folders else "NO no such folder"),
            "SEARCH": lambda: ([b"* SEARCH " + " ".join(map(str, self._unseen())).encode()], "OK done"),
            "FETCH": lambda: self._fetch(int(words[0]), int(re.search(r"<0\.(\d+)>", command)[1])),
            "STORE": lambda: self._store(int(words[0]), words[-1]),
            "MOVE": lambda: self._move(int(words[0]), words[1]),
            "COPY": lambda: self._move(int(words[0]), words[1]),
        }  # fmt: skip
        return answers.get(verb, lambda: ([], "OK done"))()

    def _unseen(self):
        return [uid for uid in self.mails if "\\Seen" not in self.flags.get(uid, "")]

    def _store(self, uid, flag):
        self.flags[uid] = self.flags.get(uid, "") + flag
        return [], "OK done"

    def _move(self, uid, folder):
        if folder not in self.folders:
            return [], "NO [TRYCREATE] no such folder"
        self.moved[uid] = folder
        return [], "OK done"

    def _fetch(self, uid, most):
        if uid in self.broken:
            return [], "NO it is broken"
        raw = self.mails[uid][:most]
        return [b"* %d FETCH (UID %d BODY[]<0> {%d}\r\n%s)" % (uid, uid, len(raw), raw)], "OK done"
