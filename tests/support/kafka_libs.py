"""The Apache Kafka broker for tests: whether this machine can run it, and its jars, fetched once by Maven."""

import fcntl
import hashlib
import re
import shutil
import subprocess
from pathlib import Path

POM = Path(__file__).parent / "kafka" / "pom.xml"
JAVA = 17
NEEDS = f"Apache Kafka needs Java {JAVA} and Maven: apt-get install default-jre-headless maven"
FETCH_SECONDS = 280


def missing() -> str:
    """What this machine lacks to run Apache Kafka, with the command that installs it; empty where it lacks nothing."""
    if not (shutil.which("java") and shutil.which("mvn")):
        return NEEDS
    said = subprocess.run(["java", "-version"], capture_output=True, text=True, check=False).stderr
    version = re.search(r'version "(\d+)', said)
    return "" if version and int(version[1]) >= JAVA else f"{NEEDS} (found: {said.splitlines()[:1]})"


def fetch(pom: Path = POM) -> Path:
    """The folder of the jars that `pom` lists; kept until the list changes."""
    digest = hashlib.sha256(pom.read_bytes()).hexdigest()[:12]
    libs = pom.parent / "target" / f"libs-{digest}"
    libs.parent.mkdir(exist_ok=True)
    with libs.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # tests run in several processes
        if not libs.is_dir():
            _copy(pom, libs)
    return libs


def _copy(pom: Path, libs: Path) -> None:
    partial = libs.with_suffix(".partial")
    goal = ["dependency:copy-dependencies", f"-DoutputDirectory={partial}"]
    command = ["mvn", "-B", "-ntp", "-q", "-f", str(pom), *goal]
    done = subprocess.run(command, capture_output=True, text=True, timeout=FETCH_SECONDS, check=False)
    if done.returncode:
        raise RuntimeError(f"Maven cannot fetch what {pom} lists:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    partial.rename(libs)
