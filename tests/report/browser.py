"""A headless Chromium, driven over its DevTools protocol: what a page loads, how it lies, which colours it has."""

from __future__ import annotations

import asyncio
import base64
import itertools
import os
import shutil
import signal
import struct
import subprocess
import time
import zlib
from pathlib import Path
from typing import Any

import aiohttp

PROGRAMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
SECONDS = 30


def program() -> str | None:
    """The first Chromium on PATH."""
    return next(filter(None, map(shutil.which, PROGRAMS)), None)


class Browser:
    """One Chromium with one page; `folder` takes its profile and log."""

    def __init__(self, folder: Path) -> None:
        self._loop = asyncio.new_event_loop()
        self._numbers = itertools.count(1)
        self._session = ""
        self.requests: list[str] = []
        self._port = folder / "DevToolsActivePort"
        arguments = [
            str(program()),
            "--headless=new",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-background-networking",
            "--disable-component-update",
            "--no-first-run",
            "--hide-scrollbars",
            "--remote-debugging-port=0",
            f"--user-data-dir={folder}",
            "--no-sandbox",  # needs what root and containers lack; the pages are our own
            "about:blank",
        ]
        with (folder / "log").open("w") as log:
            self.process = subprocess.Popen(arguments, stdout=log, stderr=log, start_new_session=True)
        try:
            self._loop.run_until_complete(self._connect())
        except BaseException:
            self.close()
            raise

    async def _connect(self) -> None:
        deadline = time.monotonic() + SECONDS
        while not self._port.exists() or len(self._port.read_text().splitlines()) < 2:
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"Chromium does not start: {(self._port.parent / 'log').read_text()[-500:]}")
            await asyncio.sleep(0.05)
        port, path = self._port.read_text().splitlines()[:2]
        self._client = aiohttp.ClientSession()
        self._socket = await self._client.ws_connect(f"ws://127.0.0.1:{port}{path}", max_msg_size=0)
        targets = (await self._send("Target.getTargets"))["targetInfos"]
        page = next(one["targetId"] for one in targets if one["type"] == "page")
        attached = await self._send("Target.attachToTarget", targetId=page, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Network", "Runtime"):
            await self._send(f"{domain}.enable")

    async def _send(self, method: str, **parameters: Any) -> dict[str, Any]:
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": parameters}
        await self._socket.send_json(message | ({"sessionId": self._session} if self._session else {}))
        answer = await self._until(lambda one: one.get("id") == number)
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']['message']}")
        return answer["result"]

    async def _until(self, wanted: Any) -> dict[str, Any]:
        while True:
            message = await self._socket.receive_json(timeout=SECONDS)
            if message.get("method") == "Network.requestWillBeSent":
                self.requests.append(message["params"]["request"]["url"])
            if wanted(message):
                return message

    def command(self, method: str, **parameters: Any) -> dict[str, Any]:
        return self._loop.run_until_complete(self._send(method, **parameters))

    def open(self, page: Path, *, width: int = 1280, height: int = 800, dark: bool = False, media: str = "") -> None:
        """Load a file as a screen of this width would show it."""
        self.requests.clear()
        phone = width < 600
        self.command(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=phone
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.command("Emulation.setEmulatedMedia", media=media, features=[scheme])
        self._loop.run_until_complete(self._load(page))

    async def _load(self, page: Path) -> None:
        number = next(self._numbers)
        message = {"id": number, "method": "Page.navigate", "params": {"url": page.resolve().as_uri()}}
        await self._socket.send_json(message | {"sessionId": self._session})
        await self._until(lambda one: one.get("method") == "Page.loadEventFired")

    def ask(self, expression: str) -> Any:
        """The JSON value of a JavaScript expression in the page."""
        answer = self.command("Runtime.evaluate", expression=expression, returnByValue=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(answer["exceptionDetails"]["exception"].get("description", "JavaScript failed"))
        return answer["result"].get("value")

    def screenshot(self, **clip: float) -> bytes:
        """PNG of the whole page, or of x, y, width, height."""
        more = {"clip": {**clip, "scale": 1}} if clip else {}
        answer = self.command("Page.captureScreenshot", format="png", captureBeyondViewport=True, **more)
        return base64.b64decode(answer["data"])

    def pixel(self, x: float, y: float) -> tuple[int, int, int]:
        """Red, green and blue at a place of the page."""
        png = self.screenshot(x=x, y=y, width=1, height=1)
        data, at = b"", 8
        while at < len(png):
            (length,) = struct.unpack(">I", png[at : at + 4])
            if png[at + 4 : at + 8] == b"IDAT":
                data += png[at + 8 : at + 8 + length]
            at += 12 + length
        # one pixel has no neighbours, so that every filter of PNG leaves it as it is
        red, green, blue = zlib.decompress(data)[1:4]
        return red, green, blue

    def pdf(self) -> bytes:
        answer = self.command("Page.printToPDF", preferCSSPageSize=True, paperWidth=8.27, paperHeight=11.69)
        return base64.b64decode(answer["data"])

    def close(self) -> None:
        # the program is often a script around the browser: end the group
        os.killpg(self.process.pid, signal.SIGTERM)
        self.process.wait(SECONDS)
        if hasattr(self, "_client"):
            self._loop.run_until_complete(self._client.close())
        self._loop.close()
