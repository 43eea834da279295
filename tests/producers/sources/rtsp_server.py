"""A small RTSP camera: JPEG frames over RTP (RFC 2435) inside the RTSP connection (RFC 2326, section 10.12)."""

import base64
import re
import socket
import struct
import threading
from collections.abc import Iterator
from types import TracebackType
from typing import Self

import cv2
import numpy as np

_PAYLOAD = 1300  # bytes of scan data a packet
_JPEG = 26  # RTP payload type of JPEG
_CLOCK = 90_000  # RTP ticks a second


class RtspCamera:
    """Serves grey images of 64 x 48 whose grey rises by 2 each frame; can vanish, fall silent and come back."""

    def __init__(self, *, user: str | None = None, password: str | None = None, fps: float = 50.0) -> None:
        self._user_info = f"{user}:{password}" if user else None
        self._period = 1.0 / fps
        self._port = 0
        self._gone = threading.Event()
        self._silent = threading.Event()
        self._listener: socket.socket | None = None
        self._connections: list[socket.socket] = []
        self._threads: list[threading.Thread] = []

    @property
    def address(self) -> str:
        """The camera's URI, with user and password when it wants them."""
        return f"rtsp://{self._user_info + '@' if self._user_info else ''}127.0.0.1:{self._port}/line"

    def __enter__(self) -> Self:
        self.appear()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.vanish()

    def appear(self) -> None:
        """Listen; on the same port as before, when there was one."""
        self._gone.clear()
        self._silent.clear()
        self._listener = socket.create_server(("127.0.0.1", self._port))
        self._port = int(self._listener.getsockname()[1])
        self._run(self._accept, self._listener)

    def vanish(self) -> None:
        """Close everything, as if the power was cut."""
        self._gone.set()
        if self._listener is not None:
            self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
        for connection in self._connections:
            connection.close()
        for thread in self._threads:
            thread.join()
        self._connections.clear()
        self._threads.clear()

    def fall_silent(self) -> None:
        """Keep the connections and send nothing more."""
        self._silent.set()

    def _run(self, target: object, argument: socket.socket) -> None:
        thread = threading.Thread(target=target, args=(argument,), daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _accept(self, listener: socket.socket) -> None:
        while not self._gone.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            self._connections.append(connection)
            self._run(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        try:
            for request in self._requests(connection):
                if self._answer(connection, request):
                    self._play(connection)
                    return
        except OSError:
            return  # the camera or its reader went away
        finally:
            # Seen by the reader at once, even while another thread waits in recv.
            connection.close()

    def _requests(self, connection: socket.socket) -> Iterator[str]:
        connection.settimeout(0.1)
        data = b""
        while not self._gone.is_set():
            try:
                received = connection.recv(4096)
            except TimeoutError:
                continue
            if not received:
                return
            data += received
            while b"\r\n\r\n" in data:
                request, data = data.split(b"\r\n\r\n", 1)
                yield request.decode()

    def _answer(self, connection: socket.socket, request: str) -> bool:
        """Answer a request; True when it says play."""
        method = request.split(" ", 1)[0]
        sequence = re.search(r"CSeq: *(\d+)", request, re.IGNORECASE)
        headers, body = [f"CSeq: {sequence[1] if sequence else 0}"], ""
        status = "200 OK"
        if not self._authorised(request):
            status = "401 Unauthorized"
            headers.append('WWW-Authenticate: Basic realm="camera"')
        elif method == "OPTIONS":
            headers.append("Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN")
        elif method == "DESCRIBE":
            body = f"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=line\r\nt=0 0\r\nm=video 0 RTP/AVP {_JPEG}\r\na=control:0\r\n"
            headers.append("Content-Type: application/sdp")
        elif method == "SETUP" and "TCP" not in request:
            status = "461 Unsupported Transport"
        elif method == "SETUP":
            headers += ["Transport: RTP/AVP/TCP;unicast;interleaved=0-1", "Session: 1"]
        else:
            headers.append("Session: 1")
        headers.append(f"Content-Length: {len(body)}")
        connection.sendall("\r\n".join([f"RTSP/1.0 {status}", *headers, "", body]).encode())
        return method == "PLAY" and status == "200 OK"

    def _authorised(self, request: str) -> bool:
        if self._user_info is None or request.startswith("OPTIONS"):
            return True
        return base64.b64encode(self._user_info.encode()).decode() in request

    def _play(self, connection: socket.socket) -> None:
        number, packet = 0, 0
        while not self._gone.wait(self._period):
            if self._silent.is_set():
                continue
            stamp = int(number * self._period * _CLOCK)
            for payload, last in _packets(_frame(number)):
                head = struct.pack(">BBHII", 0x80, _JPEG | (0x80 if last else 0), packet & 0xFFFF, stamp, 7)
                rtp = head + payload
                connection.sendall(b"$\0" + struct.pack(">H", len(rtp)) + rtp)
                packet += 1
            number += 1


def _frame(number: int) -> bytes:
    picture = np.full((48, 64, 3), 20 + 2 * (number % 100), np.uint8)
    options = [cv2.IMWRITE_JPEG_QUALITY, 95, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420]
    done, data = cv2.imencode(".jpg", picture, options)
    assert done
    return data.tobytes()


def _packets(jpeg: bytes) -> Iterator[tuple[bytes, bool]]:
    """RTP payloads of a baseline 4:2:0 JPEG, and whether each is the last."""
    tables, scan = b"", b""
    at = 2
    while not scan:
        marker, length = struct.unpack_from(">xBH", jpeg, at)
        segment = jpeg[at + 4 : at + 2 + length]
        if marker == 0xDB:
            tables += b"".join(segment[i + 1 : i + 65] for i in range(0, len(segment), 65))
        if marker == 0xDA:
            scan = jpeg[at + 2 + length : -2]
        at += 2 + length
    for offset in range(0, len(scan), _PAYLOAD):
        # Type 1 is 4:2:0, quality 255 means that the tables come with the first packet; sizes are in blocks of 8.
        head = struct.pack(">BBHBBBB", 0, offset >> 16, offset & 0xFFFF, 1, 255, 64 // 8, 48 // 8)
        if offset == 0:
            head += struct.pack(">BBH", 0, 0, len(tables)) + tables
        yield head + scan[offset : offset + _PAYLOAD], offset + _PAYLOAD >= len(scan)
