"""What the pieces of our own code cost: Google Benchmark's clock and callgrind's count of instructions."""

import json
import re
import subprocess

from . import machine
from .programs import Failed, end, last_words, spawn

# (what, name in atlas-bench, so often in a call-second; 0: not regularly)
ROWS = (
    ("frame in, pcm16 16 kHz, 20 ms", "frame_in/0/16000/20", 50),
    ("… 40 ms", "frame_in/0/16000/40", 25),
    ("… 60 ms", "frame_in/0/16000/60", 1000 / 60),
    ("frame in, Opus 16 kHz, 20 ms", "frame_in/1/16000/20", 50),
    ("frame in, Opus 48 kHz, 20 ms", "frame_in/1/48000/20", 50),
    ("frame out, pcm16 24 kHz, 20 ms", "frame_out/0/24000/20", 50),
    ("… 40 ms", "frame_out/0/24000/40", 25),
    ("… 60 ms", "frame_out/0/24000/60", 1000 / 60),
    ("frame out, pcm16 16 kHz (resampled), 20 ms", "frame_out/0/16000/20", 50),
    ("frame out, Opus 24 kHz, 20 ms", "frame_out/1/24000/20", 50),
    ("frame out, Opus 24 kHz, 60 ms", "frame_out/1/24000/60", 1000 / 60),
    ("Opus encode, 16 kHz, 20 ms", "opus_encode/rate:16000/ms:20/complexity:2", 50),
    ("Opus encode, 24 kHz, 20 ms", "opus_encode/rate:24000/ms:20/complexity:2", 50),
    ("Opus encode, 24 kHz, 60 ms", "opus_encode/rate:24000/ms:60/complexity:2", 1000 / 60),
    ("Opus encode, 48 kHz, 20 ms", "opus_encode/rate:48000/ms:20/complexity:2", 50),
    ("Opus encode, 24 kHz, 20 ms, complexity 5", "opus_encode/rate:24000/ms:20/complexity:5", 50),
    ("Opus encode, 24 kHz, 20 ms, complexity 0", "opus_encode/rate:24000/ms:20/complexity:0", 50),
    ("Opus decode, 16 kHz, 20 ms", "opus_decode/from:16000/to:16000/ms:20", 50),
    ("Opus decode, 24 kHz, 20 ms", "opus_decode/from:24000/to:24000/ms:20", 50),
    ("Opus decode, 48 kHz, 20 ms", "opus_decode/from:48000/to:48000/ms:20", 50),
    ("Opus decode, a 48 kHz stream to 16 kHz, 20 ms", "opus_decode/from:48000/to:16000/ms:20", 50),
    ("resample 20 ms, 24 to 16 kHz", "resample/from:24000/to:16000", 50),
    ("resample 20 ms, 24 to 48 kHz", "resample/from:24000/to:48000", 50),
    ("pacer, one 20 ms frame in and out", "pacer_tick/ms:20", 50),
    ("pacer, timer finds nothing due", "pacer_idle_tick", 0),
    ("loudness of 20 ms of the caller's", "level_of_frame", 50),
    ("speech spans, 20 ms of the voice's", "speech_spans_add", 50),
    ("Realtime audio message, 20 ms (JSON and base64)", "realtime_audio_delta/ms:20", 50),
    ("Realtime audio message, 200 ms", "realtime_audio_delta/ms:200", 5),
    ("Flux TurnInfo, no words", "flux_turn_info/words:0", 4),
    ("Flux TurnInfo, 10 words", "flux_turn_info/words:10", 4),
    ("Nova Results, 10 words", "nova_result/words:10", 1),
    ("SSE of a Claude answer (42 events)", "sse_parse", 0.1),
    ("SSE and JSON of the same", "claude_answer", 0.1),
    ("sentence chunker, 370 bytes in 35 pieces", "sentence_chunker", 0.1),
    ("speakable, 370 bytes", "speakable_text", 0.1),
    ("reducer, one event of a turn", "conversation_handle/interrupted:0", 7.7),
    ("reducer, one event of an interrupted turn", "conversation_handle/interrupted:1", 5.7),
    ("ledger cut at an interruption", "ledger_cut", 0),
    ("client protocol: playback decoded", "decode_text/playback", 1),
    ("… hello decoded", "decode_text/hello", 0),
    ("… state encoded", "encode/state", 0.4),
    ("… user.transcript encoded", "encode/user_transcript", 4),
    ("… agent.text encoded", "encode/agent_text", 0.3),
    ("… turn.end encoded", "encode/turn_end", 0.1),
)

# An iteration of these is a whole call of eight turns; the row is about one of its events.
PER_ITEM = ("conversation_handle",)


def time_of(one):
    """CPU time in microseconds, of an iteration or of an item."""
    if one["run_name"].startswith(PER_ITEM):
        return 1e6 / one["items_per_second"]
    return one["cpu_time"] * {"ns": 1e-3, "us": 1, "ms": 1e3}[one["time_unit"]]


def clock(place, quick):
    """The least CPU time of several repetitions of each, in microseconds."""
    quiet = machine.Quiet()
    repetitions, least = (1, 0.005) if quick else (5, 0.03)
    json_file, log = place.work / "micro.json", place.work / "micro.log"
    process = spawn(
        [
            place.program("atlas-bench"), f"--benchmark_repetitions={repetitions}", f"--benchmark_min_time={least}",
            f"--benchmark_out={json_file}", "--benchmark_out_format=json",
        ],
        place.gateway_core,
        log,
    )
    try:
        process.wait(240)
    except subprocess.TimeoutExpired:
        raise Failed("atlas-bench did not end within 240 s") from None
    finally:
        end(process)
    if process.returncode != 0:
        raise Failed(f"atlas-bench: status {process.returncode}\n{last_words(log)}")
    found = {}
    for one in json.loads(machine.read(json_file))["benchmarks"]:
        if one.get("run_type") != "iteration" or one.get("error_occurred"):
            continue
        name = one["run_name"]
        found[name] = round(min(found.get(name, 1e18), time_of(one)), 4)
    return {"cpu_us": found, "repetitions": repetitions, "min_time_s": least, "quiet": quiet.done()}


def instructions(place, root):
    """Instructions of a frame, counted by callgrind, and the stored ones they are held to."""
    check = root / "tests" / "checks" / "frame_path_instructions.sh"
    try:
        done = subprocess.run(
            [check, place.program("atlas-frame-path")], capture_output=True, text=True, timeout=180, check=False
        )
    except subprocess.TimeoutExpired:
        raise Failed("valgrind did not end within 180 s") from None
    if done.returncode == 77:
        raise Failed("valgrind is missing (Debian package valgrind)")
    found = re.findall(r"^(\w+): (\d+) instructions a frame, stored (\d+)", done.stdout, re.MULTILINE)
    if not found:
        raise Failed(f"nothing was counted: {done.stderr.strip()}")
    return {"frames": {name: {"now": int(now), "stored": int(stored)} for name, now, stored in found}}
