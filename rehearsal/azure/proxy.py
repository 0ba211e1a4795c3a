"""The CONNECT proxy: Azure's two hosts lead to the emulator, everything else is refused."""

from __future__ import annotations

import asyncio
import contextlib

from .certificates import HOSTS


class Proxy:
    """Fails closed: with this as HTTPS_PROXY nothing can reach a real cloud."""

    def __init__(self, arm_port: int) -> None:
        self.arm_port = arm_port
        self.refused: list[str] = []

    async def start(self) -> asyncio.Server:
        return await asyncio.start_server(self._serve, "127.0.0.1", 0)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            method, target, *_version = [*head.split("\r\n")[0].split(" "), "", ""]
            host, _colon, port = target.rpartition(":")
            if method != "CONNECT" or host.lower() not in HOSTS or port != "443":
                self.refused.append(target)
                text = f"The rehearsal admits only {' and '.join(HOSTS)}, not {target}.\n".encode()
                writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain\r\nConnection: close\r\n")
                writer.write(f"Content-Length: {len(text)}\r\n\r\n".encode() + text)
                await writer.drain()
            else:
                up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self.arm_port)
                writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
                await asyncio.gather(_pipe(reader, up_writer), _pipe(up_reader, writer))
        writer.close()


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    with contextlib.suppress(ConnectionError, RuntimeError):
        writer.close()
