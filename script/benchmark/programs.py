"""The programs that are measured and those that measure, each on its own core, each ended again by its id."""

import ctypes
import json
import os
import pathlib
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

from . import machine

PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None)


class Failed(Exception):
    """Something could not be started or did not end; the text is for people."""


class Place:
    """Where the programs are, which core belongs to whom, and a folder for what they write."""

    def __init__(self, build, work):
        self.build, self.work = pathlib.Path(build), pathlib.Path(work)
        self.work.mkdir(parents=True, exist_ok=True)
        all_cores = machine.cores()
        if len(all_cores) < 2:
            raise Failed("one core is not enough: gateway and load would measure each other")
        self.gateway_core, self.sandbox_core = all_cores[0], all_cores[1]
        self.caller_core = all_cores[2] if len(all_cores) > 2 else all_cores[1]
        os.sched_setaffinity(0, {self.caller_core})

    def program(self, name):
        folder = {"atlas-voice": "src", "atlas-sandbox": "tools/sandbox", "atlas-call": "tools/call"}
        path = self.build / folder.get(name, "bench") / name
        if not path.exists():
            raise Failed(f"{path} is missing: build it first (script/bench without --no-build)")
        return str(path)


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def spawn(command, core, log, environment=None, group=None, **more):
    """Starts it on that core, in that control group; it ends when this script does."""

    def prepare():
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        os.sched_setaffinity(0, {core})
        if group:
            group.join()

    with open(log, "wb") as out:
        more.setdefault("stdout", out)
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stderr=out, env=environment, preexec_fn=prepare,
            start_new_session=True, **more,
        )


def end(process, seconds=10):
    """Asks, waits, insists; its exit code."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
    return process.wait()


def last_words(log):
    return "\n".join(machine.read(log).splitlines()[-8:])


class Sandbox:
    """The scripted providers."""

    def __init__(self, place):
        self.log = place.work / "sandbox.log"
        self.out = place.work / "sandbox.out"
        command = [place.program("atlas-sandbox"), "--mode", "scripted", "--port", "0", "--plain-port", "0"]
        with open(self.out, "wb") as out:
            self.process = spawn(
                command + ["--state-dir", str(place.work)], place.sandbox_core, self.log, stdout=out
            )
        ready = self._wait()
        self.control = f"http://127.0.0.1:{ready['plain_port']}"
        address = f"localhost:{ready['port']}"
        self.settings = {
            "DEEPGRAM_URL": f"wss://{address}",
            "ANTHROPIC_BASE_URL": f"https://{address}",
            "OPENAI_BASE_URL": f"https://{address}/v1",
            "ATLAS_CA_FILE": ready["ca"],
        }
        self.settings |= {f"{name}_API_KEY": "bench" for name in ("DEEPGRAM", "ANTHROPIC", "OPENAI")}

    def _wait(self):
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and self.process.poll() is None:
            line = machine.read(self.out).partition("\n")
            if line[1]:
                return json.loads(line[0])
            time.sleep(0.02)
        end(self.process)
        raise Failed(f"the sandbox did not start:\n{last_words(self.log)}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        end(self.process)


class Gateway:
    """The gateway under measurement, with its shipped settings but for the number of calls."""

    def __init__(self, place, sandbox, calls=1000, tls=None, group=None, preload=None):
        self.log = place.work / "gateway.log"
        self.port, self.metrics_port = free_port(), free_port()
        self.url = f"ws://127.0.0.1:{self.port}/v1/voice"
        kept = {"PATH", "HOME", "LANG", "LC_ALL", "TZ"}
        self.environment = {name: value for name, value in os.environ.items() if name in kept}
        self.environment |= sandbox.settings | (preload or {})
        self.environment |= {
            "PORT": str(self.port),
            "METRICS_PORT": str(self.metrics_port),
            "ATLAS_BIND": "127.0.0.1",
            "ATLAS_MAX_CALLS": str(calls),
            "ATLAS_LOG_FORMAT": "json",
            "ATLAS_DRAIN_SECONDS": "2",
        }
        if tls:
            tls_port = free_port()
            self.url = f"wss://127.0.0.1:{tls_port}/v1/voice"
            self.environment |= {
                "ATLAS_TLS_CERT": str(tls.certificate), "ATLAS_TLS_KEY": str(tls.key), "ATLAS_TLS_PORT": str(tls_port),
            }
        self.began = time.monotonic()
        self.process = spawn(
            [place.program("atlas-voice")], place.gateway_core, self.log, environment=self.environment, group=group
        )
        self.pid = self.process.pid
        self.healthy_cpu_ms = 0.0
        self.healthy_ms = self._wait()

    def _wait(self):
        """Milliseconds from the start of the process to its first healthy answer."""
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and self.process.poll() is None:
            if self._healthy():
                self.healthy_cpu_ms = machine.cpu_ns(self.pid) / 1e6
                return (time.monotonic() - self.began) * 1000
            time.sleep(0.0005)
        end(self.process)
        raise Failed(f"the gateway did not start:\n{last_words(self.log)}")

    def _healthy(self):
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=2) as connection:
                connection.sendall(b"GET /health HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n")
                return connection.recv(64).startswith(b"HTTP/1.1 200")
        except OSError:
            return False

    def metrics(self):
        """The plain values of /metrics."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.metrics_port}/metrics", timeout=5) as answer:
                lines = answer.read().decode().splitlines()
        except (OSError, urllib.error.URLError):
            return {}
        found = {}
        for line in lines:
            name, _, value = line.rpartition(" ")
            if name and not line.startswith("#"):
                found[name] = float(value)
        return found

    def __enter__(self):
        return self

    def __exit__(self, *_):
        end(self.process)


class Certificate:
    """A certificate for 127.0.0.1 that signs itself, for calls over TLS."""

    def __init__(self, place):
        self.certificate, self.key = place.work / "bench.crt", place.work / "bench.key"
        command = (
            "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=127.0.0.1"
            " -addext subjectAltName=IP:127.0.0.1,DNS:localhost -addext basicConstraints=critical,CA:TRUE"
        ).split()
        command += ["-keyout", str(self.key), "-out", str(self.certificate)]
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=30)
        except (OSError, subprocess.SubprocessError) as error:
            raise Failed(f"no certificate for calls over TLS: {error}") from error
