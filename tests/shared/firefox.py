"""Drive the system's Firefox by its Marionette protocol: JSON over a socket, which needs no driver program.

``pyproject.toml`` puts this folder on pytest's path: ``from firefox import Firefox``.
"""

from __future__ import annotations

import json
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

PREFERENCES = {
    "app.update.disabledForTesting": True,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "marionette.port": 0,  # any that is free; Firefox writes which one into its profile
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
}
START_SECONDS, ANSWER_SECONDS = 90, 120

ERRORS = """
  return Services.console.getMessageArray()
    .filter((one) => one instanceof Ci.nsIScriptError && !(one.flags & one.warningFlag))
    .filter((one) => one.sourceName.startsWith(arguments[0]) && one.category.includes("javascript"))
    .map((one) => one.errorMessage);
"""


class Firefox:
    """A headless Firefox with a profile of its own.

    Args:
        program: path of Firefox.
    """

    def __init__(self, program: str) -> None:
        self._profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        folder = Path(self._profile.name)
        lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in PREFERENCES.items()]
        (folder / "user.js").write_text("".join(lines), "utf-8")
        flags = ["--headless", "--no-remote", "--marionette", "--remote-allow-system-access", "--profile", str(folder)]
        self._process = subprocess.Popen(
            [program, *flags], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={"HOME": str(folder)}
        )
        self._last = 0
        self._connect(folder / "MarionetteActivePort")
        self.send("WebDriver:NewSession", strictFileInteractability=False)

    def _connect(self, port: Path) -> None:
        for _ in range(10 * START_SECONDS):
            if port.exists() and (number := port.read_text("utf-8").strip()):
                self._socket = socket.create_connection(("127.0.0.1", int(number)), ANSWER_SECONDS)
                self._stream = self._socket.makefile("rb")
                self._read()  # its greeting
                return
            time.sleep(0.1)
        self._process.kill()
        raise TimeoutError("Firefox does not start")

    def _read(self) -> Any:
        length = bytearray()
        while (byte := self._stream.read(1)) != b":":
            length += byte
        return json.loads(self._stream.read(int(length)))

    def send(self, command: str, **parameters: Any) -> Any:
        """Send a command and return its result. Raises RuntimeError if Firefox reports an error."""
        self._last += 1
        message = json.dumps([0, self._last, command, parameters])
        self._socket.sendall(f"{len(message.encode())}:{message}".encode())
        _, _, error, result = self._read()
        if error:
            raise RuntimeError(f"{command}: {error['message']}")
        return result["value"] if isinstance(result, dict) and "value" in result else result

    def open(self, address: str) -> None:
        """Open an address in the present tab."""
        self.send("WebDriver:Navigate", url=address)

    def run(self, body: str, *arguments: Any) -> Any:
        """Run the body of a function in the page and return its value."""
        return self.send("WebDriver:ExecuteScript", script=body, args=list(arguments), newSandbox=False, sandbox=None)

    def new_tab(self) -> str:
        """Open a tab, put the present one aside, and return the new one's handle."""
        handle: str = self.send("WebDriver:NewWindow", type="tab")["handle"]
        self.show(handle)
        return handle

    def show(self, handle: str) -> None:
        """Show a tab."""
        self.send("WebDriver:SwitchToWindow", handle=handle, focus=True)

    def errors(self, address: str) -> list[str]:
        """Return the uncaught errors of scripts whose address begins so."""
        self.send("Marionette:SetContext", value="chrome")
        found: list[str] = self.run(ERRORS, address)
        self.send("Marionette:SetContext", value="content")
        return found

    def close(self) -> None:
        """End Firefox and remove its profile."""
        self._stream.close()
        self._socket.close()
        self._process.terminate()
        self._process.wait()
        self._profile.cleanup()
