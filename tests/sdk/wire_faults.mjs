// Checks that the sandbox breaks rules when told to, and only then: each fault is seen on the wire as a client
// sees it, and each broken rule of a client is counted. Environment as for sdk_conformance.mjs.
import assert from "node:assert/strict";
import http2 from "node:http2";
import https from "node:https";
import { WebSocket } from "ws";

const base = process.env.SANDBOX_URL;
assert(base, "SANDBOX_URL is not set");
const socketBase = base.replace(/^http/, "ws");
const limitMs = 10000;

async function control(path, body) {
  const answer = await fetch(base + path, body === undefined ? {} : { method: "POST", body: JSON.stringify(body) });
  const text = await answer.text();
  assert.equal(answer.status, 200, `${path}: ${text}`);
  return JSON.parse(text);
}
const script = (body) => control("/sandbox/script", body);
const fault = (service, name, extra = {}) => script({ faults: [{ service, fault: name, ...extra }] });

async function rules() {
  const report = await control("/sandbox/report");
  return report.violations.map((found) => `${found.service}: ${found.rule}`);
}

function within(promise, what) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`waited ${limitMs} ms for ${what}`)), limitMs);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

// ---- HTTP ------------------------------------------------------------------------------------------------

const claudeHeaders = { "x-api-key": "k", "anthropic-version": "2023-06-01", "content-type": "application/json" };
const claudeBody = JSON.stringify({
  model: "claude-haiku-5-5",
  max_tokens: 200,
  stream: true,
  thinking: { type: "disabled" },
  messages: [{ role: "user", content: "Hello" }],
});
const speechHeaders = { authorization: "Bearer k", "content-type": "application/json" };
const speechBody = (extra = {}) =>
  JSON.stringify({ model: "gpt-4o-mini-tts", voice: "ash", input: "It is noon.", response_format: "pcm", ...extra });

// Ends with {status, headers, body, code}: code is how it broke, or undefined when it ended well.
function post2(session, path, headers, body) {
  return new Promise((resolve) => {
    const stream = session.request({ ":method": "POST", ":path": path, ...headers });
    const got = { pieces: [] };
    stream.on("response", (answer) => {
      got.status = answer[":status"];
      got.headers = answer;
    });
    stream.on("data", (piece) => got.pieces.push(piece));
    stream.on("end", () => (got.ended = true));
    stream.on("error", (error) => (got.code = error.code));
    stream.on("close", () => {
      const whole = Buffer.concat(got.pieces);
      resolve({ ...got, body: whole, text: whole.toString(), reset: stream.rstCode });
    });
    stream.end(body);
  });
}

async function withSession(work) {
  const session = http2.connect(base);
  session.on("error", () => {});
  try {
    return await work(session);
  } finally {
    session.destroy();
  }
}

function post1(path, headers, body) {
  return new Promise((resolve) => {
    const pieces = [];
    const request = https.request(base + path, { method: "POST", headers, agent: false }, (answer) => {
      answer.on("data", (piece) => pieces.push(piece));
      const done = (code) =>
        resolve({ status: answer.statusCode, headers: answer.headers, text: Buffer.concat(pieces).toString(), code });
      answer.on("end", () => done(answer.complete ? undefined : "incomplete"));
      answer.on("error", (error) => done(error.code));
    });
    request.on("error", (error) => resolve({ code: error.code }));
    request.end(body);
  });
}

const claude2 = () => withSession((session) => within(post2(session, "/v1/messages", claudeHeaders, claudeBody), "claude"));
const claude1 = () => within(post1("/v1/messages", claudeHeaders, claudeBody), "claude over HTTP/1.1");

async function statusesCarryTheServicesBodies() {
  await fault("claude", "status", { status: 429, retry_after: 3 });
  const limited = await claude2();
  assert.equal(limited.status, 429);
  assert.equal(limited.headers["retry-after"], "3");
  assert.equal(JSON.parse(limited.text).error.type, "rate_limit_error");
  assert.equal((await claude2()).status, 200, "one shot");
  await fault("claude", ["status", "html_error"], { status: 503 });
  assert.match((await claude1()).text, /<html>/);
  await fault("openai_speech", "status", { status: 429 });
  const quota = await withSession((session) => post2(session, "/v1/audio/speech", speechHeaders, speechBody()));
  assert.equal(quota.headers["retry-after"], undefined);
  assert.equal(JSON.parse(quota.text).error.code, "insufficient_quota");
}

async function brokenBodies() {
  await fault("claude", "truncate", { bytes: 900 });
  const cut = await claude1();
  assert.ok(cut.code, "the truncation is visible over HTTP/1.1");
  assert.equal(cut.text.length, 900);
  await fault("claude", "reset", { bytes: 900, code: 0 });
  const silent = await claude2();
  assert.equal(silent.body.length, 900);
  assert.ok(!silent.text.includes("message_stop"));
  await fault("claude", "reset", { bytes: 900, code: 7 });
  assert.equal((await claude2()).reset, 7);
  await fault("claude", "refuse");
  assert.ok((await claude1()).code, "the connection is reset");
  await fault("claude", "garbage", { bytes: 300, value: "GARBAGE" });
  assert.match((await claude2()).text, /GARBAGE/);
  await fault("claude", "content_type", { value: "text/plain" });
  assert.equal((await claude2()).headers["content-type"], "text/plain");
  await fault("claude", ["byte_by_byte", "crlf", "comments"]);
  const split = await claude2();
  assert.match(split.text, /\r\n\r\nevent: message_stop/);
  assert.ok(split.pieces.length > 200, `${split.pieces.length} pieces`);
}

async function aStalledModelMayStillPing() {
  await script({ faults: [{ service: "claude", fault: "stall", after_tokens: 2, ms: 300, ping_ms: 50 }], replies: ["one two three four"] });
  const begun = Date.now();
  const answer = await claude2();
  assert.ok(Date.now() - begun >= 300);
  assert.ok(answer.text.match(/event: ping/g).length >= 4);
  assert.match(answer.text, /message_stop/);
}

async function goAwayEndsTheConnection() {
  await fault("claude", "goaway", { bytes: 900 });
  await withSession(async (session) => {
    const gone = new Promise((resolve) => session.on("goaway", resolve));
    const answer = within(post2(session, "/v1/messages", claudeHeaders, claudeBody), "the cut answer");
    await within(gone, "GOAWAY");
    assert.ok(!(await answer).text.includes("message_stop"));
  });
}

async function siblingsSurviveACancel() {
  await script({ faults: [], replies: ["word ".repeat(60)], profiles: { "claude.inter_token": "constant:10" } });
  await withSession(async (session) => {
    const whole = within(post2(session, "/v1/messages", claudeHeaders, claudeBody), "the sibling");
    const stream = session.request({ ":method": "POST", ":path": "/v1/messages", ...claudeHeaders });
    stream.on("error", () => {});
    stream.end(claudeBody);
    await within(new Promise((resolve) => stream.once("data", resolve)), "first data");
    stream.close(http2.constants.NGHTTP2_CANCEL);
    assert.match((await whole).text, /message_stop/);
  });
  const report = await control("/sandbox/report");
  const outcomes = report.requests.map((request) => request.outcome).sort();
  assert.deepEqual(outcomes, ["cancelled_by_client", "completed"]);
  assert.equal(report.requests.find((request) => request.outcome === "cancelled_by_client").client_code, 8);
}

async function oneStreamAtATimeWhenTold() {
  await script({ max_concurrent_streams: 1 });
  await withSession(async (session) => {
    await new Promise((resolve) => session.once("remoteSettings", resolve));
    assert.equal(session.remoteSettings.maxConcurrentStreams, 1);
  });
  await script({ max_concurrent_streams: 100, alpn: ["http/1.1"] });
  assert.equal((await claude1()).status, 200);
  await script({ alpn: ["h2", "http/1.1"] });
}

async function speechInEveryShape() {
  const speak = (extra) => withSession((session) => post2(session, "/v1/audio/speech", speechHeaders, speechBody(extra)));
  const plain = await speak({});
  assert.equal(plain.headers["content-type"], "audio/pcm");
  await fault("openai_speech", "odd_chunks");
  assert.ok((await speak({})).body.equals(plain.body), "odd chunks lose nothing");
  await fault("openai_speech", "zero_audio");
  assert.equal((await speak({})).body.length, 0);
  await fault("openai_speech", ["as_sse", "delta_field", "done_marker", "event_lines"]);
  const bent = await speak({});
  assert.equal(bent.headers["content-type"], "text/event-stream");
  assert.match(bent.text, /event: speech.audio.delta\ndata: \{"type":"speech.audio.delta","delta":/);
  assert.ok(bent.text.endsWith("data: [DONE]\n\n"));
  await fault("openai_speech", "no_end");
  assert.doesNotMatch((await speak({ stream_format: "sse" })).text, /audio\.done/);
  await fault("openai_speech", "error_event", { after_chunks: 1 });
  assert.match((await speak({ stream_format: "sse" })).text, /server_error/);
  await script({ openai_models_shut_down: true });
  assert.equal((await speak({})).status, 404);
  await script({ openai_models_shut_down: false });
}

async function requestBodiesHaveALimit() {
  const answer = await within(post1("/v1/messages", claudeHeaders, "x".repeat(33 << 20)), "413");
  assert.equal(answer.status ?? 413, 413);
}

// ---- WebSockets ------------------------------------------------------------------------------------------

const fluxPath = "/v2/listen?model=flux-general-en&encoding=linear16&sample_rate=16000";
const novaPath = "/v1/listen?model=nova-3&encoding=linear16&sample_rate=16000";
const realtimePath = "/v1/realtime?model=gpt-realtime-2.1-mini";

class Client {
  constructor(path, headers = { authorization: "Token k" }) {
    this.messages = [];
    this.waiting = [];
    this.socket = new WebSocket(socketBase + path, { headers });
    this.opened = new Promise((resolve) => this.socket.on("open", resolve));
    this.refused = new Promise((resolve) =>
      this.socket.on("unexpected-response", (_, answer) => {
        let body = "";
        answer.on("data", (piece) => (body += piece));
        answer.on("end", () => resolve({ status: answer.statusCode, headers: answer.headers, body }));
      }),
    );
    this.failed = new Promise((resolve) => this.socket.on("error", resolve));
    this.closed = new Promise((resolve) => this.socket.on("close", (code, reason) => resolve({ code, reason: `${reason}` })));
    this.pings = 0;
    this.socket.on("ping", () => ++this.pings);
    this.socket.on("message", (data) => {
      const text = data.toString();
      this.messages.push(text.startsWith("{not") ? text : JSON.parse(text));
      this.waiting.forEach((look) => look());
    });
  }
  open() {
    return within(this.opened, "open");
  }
  closing() {
    return within(this.closed, "close");
  }
  until(test, what) {
    return within(
      new Promise((resolve) => {
        const look = () => {
          const found = this.messages.find(test);
          if (found !== undefined) resolve(found);
        };
        this.waiting.push(look);
        look();
      }),
      what,
    );
  }
  say(message) {
    this.socket.send(JSON.stringify(message));
  }
  hear(ms, loud) {
    const samples = new Int16Array(16 * ms);
    if (loud) for (let i = 0; i < samples.length; ++i) samples[i] = 8000 * Math.sin((2 * Math.PI * 200 * i) / 16000);
    const bytes = Buffer.from(samples.buffer);
    for (let at = 0; at < bytes.length; at += 2560) this.socket.send(bytes.subarray(at, at + 2560));
  }
}

async function fluxHandshakeRefusals() {
  const wrong = new Client(fluxPath + "&eot_threshold=2");
  const refusal = await within(wrong.refused, "400");
  assert.equal(refusal.status, 400);
  assert.match(refusal.headers["dg-request-id"], /^[0-9a-f-]{36}$/);
  assert.ok(refusal.headers["dg-error"]);
  const bearer = await within(new Client(fluxPath, { authorization: "Bearer k" }).refused, "401");
  assert.equal(JSON.parse(bearer.body).err_code, "INVALID_AUTH");
  assert.deepEqual(await rules(), ["deepgram_v2: flux_range", "deepgram_v2: authentication"]);
}

async function fluxDiesOfAKeepAlive() {
  const client = new Client(fluxPath);
  await client.open();
  client.say({ type: "KeepAlive" });
  const error = await client.until((message) => message.type === "Error", "Error");
  assert.equal(error.code, "UNPARSABLE_CLIENT_MESSAGE");
  assert.equal((await client.closing()).code, 1005);
  assert.deepEqual(await rules(), ["deepgram_v2: unparsable_message"]);
}

async function fluxTurnAndGoodbye() {
  const client = new Client(fluxPath);
  await client.open();
  client.hear(1500, true);
  client.hear(1000, false);
  const end = await client.until((message) => message.event === "EndOfTurn", "EndOfTurn");
  assert.equal(end.transcript, "What time is it?");
  client.say({ type: "CloseStream" });
  assert.equal((await client.closing()).code, 1005);
  const sequence = client.messages.map((message) => message.sequence_id);
  assert.deepEqual(sequence, [...sequence.keys()]);
  assert.deepEqual(await rules(), []);
}

async function fluxTakesOneConfigureAtATime() {
  await script({ profiles: { "deepgram.configure": "constant:200" } });
  const client = new Client(fluxPath);
  await client.open();
  client.say({ type: "Configure", keyterms: ["a"] });
  client.say({ type: "Configure", keyterms: ["b"] });
  const failure = await client.until((message) => message.type === "ConfigureFailure", "ConfigureFailure");
  assert.match(failure.description, /Too many pending/);
  const success = await client.until((message) => message.type === "ConfigureSuccess", "ConfigureSuccess");
  assert.deepEqual(success.keyterms, ["a"]);
  client.say({ type: "CloseStream" });
  await client.closing();
  assert.deepEqual(await rules(), ["deepgram_v2: configure_pending"]);
}

async function listeningConnectionFaults() {
  for (const [name, extra, code] of [
    ["close", { code: 1011, reason: "mid" }, 1011],
    ["close", { code: 1005 }, 1005],
    ["drop", {}, 1006],
    ["reset", {}, 1006],
    ["error_event", {}, 1005],
  ]) {
    await fault("deepgram_v2", name, { after_ms: 400, ...extra });
    const client = new Client(fluxPath);
    await client.open();
    client.hear(800, true);
    assert.equal((await client.closing()).code, code, name);
  }
  await fault("deepgram_v2", "withhold");
  const mute = new Client(fluxPath);
  await mute.open();
  mute.hear(400, false);
  mute.socket.ping();
  await within(new Promise((resolve) => mute.socket.on("pong", resolve)), "pong");
  assert.equal(mute.messages.length, 0);
  mute.socket.close();
  await mute.closing();
  await fault("deepgram_v2", "stall", { after_ms: 400 });
  const stalled = new Client(fluxPath);
  await stalled.open();
  stalled.hear(400, false);
  stalled.hear(2000, true);
  stalled.socket.ping();
  await within(new Promise((resolve) => stalled.socket.on("pong", resolve)), "pong");
  assert.ok(!stalled.messages.some((message) => message.event === "StartOfTurn"));
  stalled.socket.close();
  await stalled.closing();
  await fault("deepgram_v2", "refuse");
  await within(new Client(fluxPath).failed, "reset");
  await fault("deepgram_v2", "status", { status: 429, retry_after: 1 });
  const limited = await within(new Client(fluxPath).refused, "429");
  assert.equal(limited.status, 429);
  assert.equal(limited.headers["retry-after"], "1");
  await fault("deepgram_v2", ["fragment", "ping_flood", "unknown_events"], { bytes: 7 });
  const odd = new Client(fluxPath);
  await odd.open();
  odd.hear(300, false);
  await odd.until((message) => message.event === "Update", "Update");
  assert.ok(odd.messages.some((message) => message.type === "TurnMood"));
  assert.ok(odd.pings >= 50);
  odd.say({ type: "CloseStream" });
  await odd.closing();
  assert.deepEqual(await rules(), []);
}

async function novaTimeouts() {
  await script({ limits: { "deepgram.gap_ms": 300, "deepgram.keepalive_only_ms": 600, "deepgram.first_audio_ms": 200 } });
  const silent = new Client(novaPath);
  await silent.open();
  const gap = await silent.closing();
  assert.equal(gap.code, 1011);
  assert.match(gap.reason, /net0001/);
  const kept = new Client(novaPath);
  await kept.open();
  const timer = setInterval(() => kept.say({ type: "KeepAlive" }), 50);
  const starved = await kept.closing();
  clearInterval(timer);
  assert.match(starved.reason, /net0000/);
  assert.deepEqual(await rules(), ["deepgram_v1: first_audio", "deepgram_v1: keepalive_only"]);
}

async function novaFrameRules() {
  const client = new Client(novaPath);
  await client.open();
  client.socket.send(Buffer.from([1, 2, 3]));
  client.socket.send(Buffer.from('{"type":"KeepAlive"}'));
  client.say({ type: "Keepalive" });
  await client.until((message) => message.variant === "SchemaError", "SchemaError");
  client.hear(400, false);
  client.say({ type: "CloseStream" });
  client.socket.send(Buffer.alloc(2560));
  const metadata = await client.until((message) => message.type === "Metadata", "Metadata");
  assert.match(metadata.sha256, /^[0-9a-f]{64}$/);
  assert.equal((await client.closing()).code, 1000);
  const empty = new Client(novaPath);
  await empty.open();
  empty.socket.send(Buffer.alloc(0));
  await empty.closing();
  assert.deepEqual(await rules(), [
    "deepgram_v1: odd_bytes",
    "deepgram_v1: json_as_binary",
    "deepgram_v1: unparsable_message",
    "deepgram_v1: audio_after_close_stream",
    "deepgram_v1: empty_frame",
  ]);
}

async function novaThrottlesAndStillHearsEverything() {
  const client = new Client(novaPath + "&interim_results=true&punctuate=true&endpointing=300");
  await client.open();
  const begun = Date.now();
  client.hear(1500, true);
  client.hear(2000, false);
  client.say({ type: "CloseStream" });
  const metadata = await client.until((message) => message.type === "Metadata", "Metadata");
  assert.ok(Date.now() - begun > 1500, "3.5 s of audio are not taken at once");
  assert.equal(metadata.duration, 3.5);
  await client.closing();
  const finals = client.messages.filter((message) => message.type === "Results" && message.is_final);
  assert.equal(finals[0].channel.alternatives[0].transcript, "What time is it?");
  const report = await control("/sandbox/report");
  assert.equal(report.connections.at(-1).throttled, "yes");
  assert.equal(report.connections.at(-1).close_stream, "yes");
  assert.deepEqual(await rules(), []);
}

async function anUpgradeMayHangUntilTheClientGoes() {
  await script({ limits: { "deepgram.concurrency": 1 }, faults: [{ service: "deepgram_v2", fault: "hang" }] });
  const hung = new Client(fluxPath);
  const opened = await Promise.race([hung.opened.then(() => "open"), new Promise((done) => setTimeout(() => done("hung"), 300))]);
  assert.equal(opened, "hung");
  hung.socket.terminate();
  await hung.closing();
  const next = new Client(fluxPath);
  await next.open();
  next.say({ type: "CloseStream" });
  await next.closing();
}

async function tooManyListenersGet429() {
  await script({ limits: { "deepgram.concurrency": 1 } });
  const first = new Client(fluxPath);
  await first.open();
  assert.equal((await within(new Client(fluxPath).refused, "429")).status, 429);
  first.say({ type: "CloseStream" });
  await first.closing();
  for (let tries = 0; tries < 100; ++tries) {
    const report = await control("/sandbox/report");
    if (report.services.deepgram_v2.open === 0) break;
  }
  const second = new Client(fluxPath);
  await second.open();
  second.say({ type: "CloseStream" });
  await second.closing();
}

async function aTokenIsGoodForALittleWhile() {
  const grant = await fetch(base + "/v1/auth/grant", {
    method: "POST",
    headers: { authorization: "Token k" },
    body: JSON.stringify({ ttl_seconds: 30 }),
  });
  const { access_token, expires_in } = await grant.json();
  assert.equal(expires_in, 30);
  const client = new Client(fluxPath, { authorization: `Bearer ${access_token}` });
  await client.open();
  client.say({ type: "CloseStream" });
  await client.closing();
  assert.deepEqual(await rules(), []);
}

const bearer = { authorization: "Bearer k" };
const readAloud = (text) => ({
  type: "response.create",
  response: {
    conversation: "none",
    instructions: "Read the text aloud, word for word.",
    input: [{ type: "message", role: "user", content: [{ type: "input_text", text }] }],
  },
});

async function realtimeFaults() {
  const speak = async (name, extra) => {
    await fault("openai_realtime", name, extra);
    const client = new Client(realtimePath, bearer);
    await client.open();
    client.say(readAloud("It is noon."));
    return client;
  };
  const done = (client) => client.until((message) => message.type === "response.done", "response.done");
  let client = await speak("reword");
  assert.equal((await done(client)).response.output[0].content[0].transcript, "Sure! It is noon.");
  client.socket.close();
  client = await speak("zero_audio");
  await done(client);
  assert.ok(!client.messages.some((message) => message.type === "response.output_audio.delta"));
  client.socket.close();
  client = await speak("response_failed");
  assert.equal((await done(client)).response.status, "failed");
  client.socket.close();
  client = await speak("error_event");
  assert.equal((await client.until((message) => message.type === "error", "error")).error.code, "server_error");
  client.socket.close();
  client = await speak("no_end");
  await client.until((message) => message.type === "response.output_item.done", "output_item.done");
  client.socket.close();
  client = await speak("close", { code: 1011, after_ms: 1 });
  assert.equal((await client.closing()).code, 1011);
  await fault("openai_realtime", "status", { status: 503 });
  assert.equal((await within(new Client(realtimePath, bearer).refused, "503")).status, 503);
  await script({ faults: [], limits: { "openai.session_ms": 100 } });
  client = new Client(realtimePath, bearer);
  assert.equal((await client.until((message) => message.type === "error", "expiry")).error.code, "session_expired");
  await client.closing();
  assert.deepEqual(await rules(), []);
}

async function realtimeTakesNoBinary() {
  const client = new Client(realtimePath, bearer);
  await client.open();
  client.socket.send(Buffer.from([1, 2]));
  client.say({ type: "session.update", session: { type: "realtime" } });
  await client.until((message) => message.type === "session.updated", "session.updated");
  client.socket.close();
  await client.closing();
  assert.deepEqual(await rules(), ["openai_realtime: binary_message"]);
}

const tests = {
  statusesCarryTheServicesBodies,
  brokenBodies,
  aStalledModelMayStillPing,
  goAwayEndsTheConnection,
  siblingsSurviveACancel,
  oneStreamAtATimeWhenTold,
  speechInEveryShape,
  requestBodiesHaveALimit,
  fluxHandshakeRefusals,
  fluxDiesOfAKeepAlive,
  fluxTurnAndGoodbye,
  fluxTakesOneConfigureAtATime,
  listeningConnectionFaults,
  novaTimeouts,
  novaFrameRules,
  novaThrottlesAndStillHearsEverything,
  anUpgradeMayHangUntilTheClientGoes,
  tooManyListenersGet429,
  aTokenIsGoodForALittleWhile,
  realtimeFaults,
  realtimeTakesNoBinary,
};
const usual = {
  "deepgram.first_audio_ms": 10000,
  "deepgram.gap_ms": 10000,
  "deepgram.keepalive_only_ms": 30000,
  "deepgram.concurrency": 150,
  "openai.session_ms": 3600000,
};
let failed = 0;
for (const [name, test] of Object.entries(tests)) {
  await control("/sandbox/reset", {});
  await script({ faults: [], profile: "fast", limits: usual, transcripts: ["What time is it?"], replies: [] });
  try {
    await test();
    console.log(`ok   ${name}`);
  } catch (error) {
    ++failed;
    console.log(`FAIL ${name}: ${error?.stack ?? error}`);
  }
}
console.log(failed === 0 ? "every fault shows on the wire" : `${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
