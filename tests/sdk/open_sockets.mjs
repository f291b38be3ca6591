// Opens one of everything that can be left open, says "open", and waits: the sandbox must still end when told to.
import http2 from "node:http2";
import { WebSocket } from "ws";

const base = process.env.SANDBOX_URL;
const flux = "/v2/listen?model=flux-general-en&encoding=linear16&sample_rate=16000";
const faults = [
  { service: "deepgram_v2", fault: "hang" },
  { service: "deepgram_v2", fault: "stop_reading", after_ms: 80 },
  { service: "claude", fault: "hang" },
];
await fetch(base + "/sandbox/reset", { method: "POST" });
await fetch(base + "/sandbox/script", {
  method: "POST",
  body: JSON.stringify({ faults, profile: "fast", profiles: { "speech.speed": "constant:1" } }),
});

function open(path, authorization) {
  const socket = new WebSocket(base.replace(/^http/, "ws") + path, { headers: { authorization } });
  socket.on("error", () => {});
  return new Promise((resolve) => socket.on("open", () => resolve(socket)));
}

open(flux, "Token k"); // its upgrade hangs
await new Promise((done) => setTimeout(done, 200));
const deaf = await open(flux, "Token k");
for (let i = 0; i < 50; ++i) deaf.send(Buffer.alloc(2560));
const busy = await open("/v1/listen?model=nova-3&encoding=linear16&sample_rate=16000", "Token k");
for (let i = 0; i < 200; ++i) busy.send(Buffer.alloc(2560, 3));
const realtime = await open("/v1/realtime?model=gpt-realtime-2.1-mini", "Bearer k");
const item = { type: "message", role: "user", content: [{ type: "input_text", text: "word ".repeat(100) }] };
const response = { conversation: "none", instructions: "Read the text aloud.", input: [item] };
realtime.send(JSON.stringify({ type: "response.create", response }));

const session = http2.connect(base);
session.on("error", () => {});
function post(path, headers, body) {
  const stream = session.request({ ":method": "POST", ":path": path, "content-type": "application/json", ...headers });
  stream.on("error", () => {});
  stream.end(JSON.stringify(body));
}
const messages = [{ role: "user", content: "Hello" }];
post("/v1/messages", { "x-api-key": "k", "anthropic-version": "2023-06-01" }, { model: "claude-haiku-5-5", max_tokens: 9, messages });
const speech = { model: "gpt-4o-mini-tts", voice: "ash", input: "word ".repeat(100), response_format: "pcm" };
post("/v1/audio/speech", { authorization: "Bearer k" }, speech);
await new Promise((done) => realtime.on("message", (text) => `${text}`.includes("audio.delta") && done()));
console.log("open");
setTimeout(() => process.exit(1), 20000);
