// Drives the providers' official SDKs, unchanged, against a scripted atlas-sandbox and checks what they get.
// Starts nothing. From the environment:
//   SANDBOX_URL           https://localhost:PORT
//   NODE_EXTRA_CA_CERTS   the sandbox's ca.pem (read by node itself at start)
import assert from "node:assert/strict";
import Anthropic from "@anthropic-ai/sdk";
import { DeepgramClient } from "@deepgram/sdk";
import OpenAI from "openai";
import { OpenAIRealtimeWS } from "openai/realtime/ws";

const base = process.env.SANDBOX_URL;
assert(base, "SANDBOX_URL is not set");
const socketBase = base.replace(/^http/, "ws");
const limitMs = 20000;

// Rules of the sandbox that an SDK itself breaks, and why. Anything else is a failure.
const allowed = [];

async function control(path, body) {
  const answer = await fetch(base + path, body === undefined ? {} : { method: "POST", body: JSON.stringify(body) });
  const text = await answer.text();
  assert.equal(answer.status, 200, `${path}: ${text}`);
  return JSON.parse(text);
}

function within(promise, what) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`waited ${limitMs} ms for ${what}`)), limitMs);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

// 16 kHz PCM: a tone that rises and falls like syllables, then silence.
function utterance(voiceMs, silenceMs) {
  const samples = new Int16Array(16 * (voiceMs + silenceMs));
  for (let i = 0; i < 16 * voiceMs; ++i) {
    const t = i / 16000;
    samples[i] = 8000 * Math.sin(2 * Math.PI * 200 * t) * (0.6 + 0.4 * Math.sin(2 * Math.PI * 5 * t));
  }
  return Buffer.from(samples.buffer);
}

// Gives the audio in 80 ms messages at the pace of speech.
async function speak(socket, audio) {
  for (let at = 0; at < audio.length; at += 2560) {
    socket.sendMedia(audio.subarray(at, Math.min(at + 2560, audio.length)));
    await new Promise((done) => setTimeout(done, 80));
  }
}

function deepgram() {
  return new DeepgramClient({
    apiKey: "test-key",
    environment: { base, production: socketBase, agent: socketBase, agentRest: base },
  });
}

async function deepgramFlux() {
  const socket = await deepgram().listen.v2.connect({
    model: "flux-general-en",
    encoding: "linear16",
    sample_rate: 16000,
    eot_threshold: 0.7,
    eager_eot_threshold: 0.4,
    reconnectAttempts: 0,
  });
  const events = [];
  let ended;
  const end = new Promise((resolve) => (ended = resolve));
  let closed;
  const close = new Promise((resolve) => (closed = resolve));
  socket.on("message", (message) => {
    events.push(message.type === "TurnInfo" ? message.event : message.type);
    if (message.event === "EndOfTurn") ended(message);
  });
  socket.on("error", (error) => events.push(`error ${error?.message}`));
  socket.on("close", () => closed());
  socket.connect();
  await within(socket.waitForOpen(), "Flux to open");
  await speak(socket, utterance(1500, 1000));
  const last = await within(end, "EndOfTurn");
  assert.equal(last.transcript, "What time is it?");
  assert.equal(last.trigger, "model");
  assert.ok(last.words.every((word) => word.end > word.start), "words have times");
  for (const event of ["Connected", "Update", "StartOfTurn", "EagerEndOfTurn"])
    assert.ok(events.includes(event), `${event} in ${events}`);
  socket.sendConfigure({ type: "Configure", thresholds: { eot_threshold: 0.8 } });
  await new Promise((done) => setTimeout(done, 200));
  assert.ok(events.includes("ConfigureSuccess"), `ConfigureSuccess in ${events}`);
  socket.sendCloseStream({ type: "CloseStream" });
  await within(close, "Flux to close");
  socket.close();
}

async function deepgramNova() {
  const socket = await deepgram().listen.v1.connect({
    model: "nova-3",
    language: "en",
    encoding: "linear16",
    sample_rate: 16000,
    interim_results: true,
    endpointing: 300,
    utterance_end_ms: 1000,
    vad_events: true,
    punctuate: true,
    reconnectAttempts: 0,
  });
  const seen = [];
  let text = "";
  let ended, summary;
  const end = new Promise((resolve) => (ended = resolve));
  const metadata = new Promise((resolve) => (summary = resolve));
  socket.on("message", (message) => {
    seen.push(message.type);
    if (message.type === "Results" && message.is_final) text += message.channel.alternatives[0].transcript;
    if (message.type === "Results" && message.speech_final) ended();
    if (message.type === "Metadata") summary(message);
  });
  socket.on("error", (error) => seen.push(`error ${error?.message}`));
  socket.connect();
  await within(socket.waitForOpen(), "Nova to open");
  socket.sendKeepAlive({ type: "KeepAlive" });
  await speak(socket, utterance(2200, 2200));
  await within(end, "speech_final");
  assert.equal(text, "What time is it?");
  for (const type of ["SpeechStarted", "Results", "UtteranceEnd"]) assert.ok(seen.includes(type), `${type} in ${seen}`);
  socket.sendFinalize({ type: "Finalize" });
  socket.sendCloseStream({ type: "CloseStream" });
  const closing = await within(metadata, "Metadata");
  assert.ok(Math.abs(closing.duration - 4.4) < 0.05, `duration ${closing.duration}`);
  socket.close();
}

async function claudeStreaming() {
  const client = new Anthropic({ apiKey: "test-key", baseURL: base });
  const stream = client.messages.stream({
    model: "claude-haiku-5-5",
    max_tokens: 200,
    thinking: { type: "disabled" },
    system: "You are brief.",
    messages: [{ role: "user", content: "What time is it?" }],
  });
  let text = "";
  stream.on("text", (piece) => (text += piece));
  const message = await within(stream.finalMessage(), "Claude");
  assert.equal(text, "It is noon. Shall I book a table?");
  assert.equal(message.stop_reason, "end_turn");
  assert.ok(message.usage.output_tokens > 1);
}

async function claudeToolsAndErrors() {
  const client = new Anthropic({ apiKey: "test-key", baseURL: base, maxRetries: 2 });
  const ask = {
    model: "claude-haiku-5-5",
    max_tokens: 200,
    thinking: { type: "disabled" },
    tools: [{ name: "book", input_schema: { type: "object", properties: { seats: { type: "number" } } } }],
    messages: [{ role: "user", content: "Book a table, please." }],
  };
  await control("/sandbox/script", { faults: [{ service: "claude", fault: "status", status: 529 }] });
  const message = await within(client.messages.stream(ask).finalMessage(), "Claude's tool call");
  assert.equal(message.stop_reason, "tool_use");
  const call = message.content.find((block) => block.type === "tool_use");
  assert.deepEqual(call.input, { seats: 2, name: "Ada \"the\" first" });
  const whole = await within(client.messages.create({ ...ask, tools: undefined }), "a whole message");
  assert.equal(whole.content.at(-1).type, "tool_use");

  await control("/sandbox/script", { faults: [{ service: "claude", fault: "error_event", after_tokens: 2 }] });
  const broken = client.messages.stream(ask).finalMessage();
  await assert.rejects(within(broken, "the error event"), /overloaded/i);
  const models = await within(client.models.list(), "the list of models");
  assert.ok(models.data.some((model) => model.id === "claude-haiku-5-5"));
}

// Parallel calls, their results, and the reply to them; the prompt cache reads the first request in the second.
async function claudeToolLoopAndCache() {
  const client = new Anthropic({ apiKey: "test-key", baseURL: base });
  const ask = {
    model: "claude-haiku-5-5",
    max_tokens: 200,
    thinking: { type: "disabled" },
    system: [{ type: "text", text: "You are brief. ".repeat(200), cache_control: { type: "ephemeral" } }],
    tools: [{ name: "weather", description: "Of a town.", input_schema: { type: "object" } }],
  };
  const messages = [{ role: "user", content: [{ type: "text", text: "Weather in both?", cache_control: { type: "ephemeral" } }] }];
  const fragments = [];
  const stream = client.messages.stream({ ...ask, messages });
  stream.on("streamEvent", (event) => {
    if (event.delta?.type === "input_json_delta") fragments.push(event.delta.partial_json);
  });
  const first = await within(stream.finalMessage(), "two tool calls");
  const calls = first.content.filter((block) => block.type === "tool_use");
  assert.deepEqual(calls.map((call) => call.input), [{ town: "São Paulo" }, {}]);
  assert.notEqual(calls[0].id, calls[1].id);
  assert.ok(fragments.length > 4, "the input comes in pieces");
  assert.equal(first.usage.cache_read_input_tokens, 0);
  assert.ok(first.usage.cache_creation_input_tokens > 700, JSON.stringify(first.usage));

  messages.push({ role: "assistant", content: first.content });
  messages.push({
    role: "user",
    content: calls.map((call, i) => ({ type: "tool_result", tool_use_id: call.id, content: i === 0 ? "21 degrees" : "Rain" })),
  });
  const second = await within(client.messages.stream({ ...ask, messages }).finalMessage(), "the reply to the results");
  assert.equal(second.content[0].text, "Warm and wet.");
  assert.equal(second.usage.cache_read_input_tokens, first.usage.cache_creation_input_tokens);
  const silent = await within(client.messages.create({ ...ask, tool_choice: { type: "none" }, messages: messages.slice(0, 1) }), "no call");
  assert.ok(silent.content.every((block) => block.type === "text"), "tool_choice none");

  const short = await within(client.messages.create({ ...ask, system: undefined, messages }), "a short prompt");
  assert.equal(short.usage.cache_read_input_tokens + short.usage.cache_creation_input_tokens, 0);
  const orphan = client.messages.create({ ...ask, messages: [...messages.slice(0, 2), { role: "user", content: "Well?" }] });
  await assert.rejects(within(orphan, "the refusal"), /without `tool_result` blocks immediately after/);
  const report = await control("/sandbox/report");
  const marks = report.requests.map((request) => request.cache_marks).filter((number) => number !== undefined);
  assert.deepEqual(marks, [2, 2, 2, 1]);
  assert.equal(report.violation_count, 1);
  await control("/sandbox/reset", {});
}

function openai() {
  return new OpenAI({ apiKey: "test-key", baseURL: `${base}/v1` });
}

async function openaiSpeech() {
  const request = { model: "gpt-4o-mini-tts", voice: "ash", input: "It is noon.", response_format: "pcm" };
  const raw = await within(openai().audio.speech.create(request), "speech");
  const audio = Buffer.from(await raw.arrayBuffer());
  assert.equal(audio.length, 11 * 60 * 24 * 2);
  assert.ok(audio.some((byte) => byte !== 0), "the audio is not silent");

  const answer = await within(openai().audio.speech.create({ ...request, stream_format: "sse" }), "speech as events");
  const events = (await answer.text())
    .split("\n")
    .filter((line) => line.startsWith("data: "))
    .map((line) => JSON.parse(line.slice(6)));
  assert.equal(events.at(-1).type, "speech.audio.done");
  const joined = Buffer.concat(events.slice(0, -1).map((event) => Buffer.from(event.audio, "base64")));
  assert.ok(joined.equals(audio), "both ways give the same audio");
}

async function openaiRealtime() {
  const rt = new OpenAIRealtimeWS({ model: "gpt-realtime-2.1-mini" }, openai());
  const failure = new Promise((_, reject) => rt.on("error", reject));
  const next = (type) => within(Promise.race([new Promise((resolve) => rt.on(type, resolve)), failure]), type);
  const created = await next("session.created");
  assert.equal(created.session.type, "realtime");
  const updated = next("session.updated");
  rt.send({
    type: "session.update",
    session: {
      type: "realtime",
      output_modalities: ["audio"],
      audio: { input: { turn_detection: null }, output: { format: { type: "audio/pcm", rate: 24000 }, voice: "marin" } },
    },
  });
  assert.equal((await updated).session.audio.output.voice, "marin");
  const chunks = [];
  let transcript = "";
  rt.on("response.output_audio.delta", (event) => chunks.push(Buffer.from(event.delta, "base64")));
  rt.on("response.output_audio_transcript.delta", (event) => (transcript += event.delta));
  const done = next("response.done");
  rt.send({
    type: "response.create",
    response: {
      conversation: "none",
      output_modalities: ["audio"],
      metadata: { chunk: "1" },
      instructions: "Read the text of the user's message aloud, word for word.",
      input: [{ type: "message", role: "user", content: [{ type: "input_text", text: "It is noon." }] }],
    },
  });
  const { response } = await done;
  assert.equal(response.status, "completed");
  assert.deepEqual(response.metadata, { chunk: "1" });
  assert.equal(transcript, "It is noon.");
  assert.equal(Buffer.concat(chunks).length, 11 * 60 * 24 * 2);
  rt.close();
}

async function realtimeConversation() {
  const rt = new OpenAIRealtimeWS({ model: "gpt-realtime-2.1-mini" }, openai());
  const failure = new Promise((_, reject) => rt.on("error", reject));
  const next = (type) => within(Promise.race([new Promise((resolve) => rt.on(type, resolve)), failure]), type);
  await next("session.created");
  const added = next("conversation.item.done");
  rt.send({
    type: "conversation.item.create",
    item: { type: "message", role: "user", content: [{ type: "input_text", text: "What time is it?" }] },
  });
  await added;
  const done = next("response.done");
  rt.send({ type: "response.create", response: { output_modalities: ["text"] } });
  const { response } = await done;
  assert.equal(response.output[0].content[0].text, "It is noon. Shall I book a table?");

  const cancelled = next("response.done");
  const firstAudio = next("response.output_audio.delta");
  rt.send({ type: "response.create" });
  await firstAudio;
  rt.send({ type: "response.cancel" });
  assert.equal((await cancelled).response.status, "cancelled");
  rt.close();
}

const tests = { deepgramFlux, deepgramNova, claudeStreaming, claudeToolsAndErrors, claudeToolLoopAndCache, openaiSpeech, openaiRealtime, realtimeConversation };
let failed = 0;
for (const [name, test] of Object.entries(tests)) {
  await control("/sandbox/reset", {});
  await control("/sandbox/script", {
    faults: [],
    transcripts: ["What time is it?"],
    replies: [
      "It is noon. Shall I book a table?",
      {
        match: "weather in both",
        text: "Let me see.",
        tool_calls: [{ name: "weather", input: { town: "São Paulo" } }, { name: "weather", input: {} }],
      },
      { match_result: "rain", text: "Warm and wet." },
      { match: "book a table", text: "Certainly.", tool_calls: [{ name: "book", input: { seats: 2, name: 'Ada "the" first' } }] },
    ],
    profiles: { "speech.speed": "constant:10", "claude.inter_token": "constant:1" },
  });
  try {
    await test();
    const report = await control("/sandbox/report");
    const unexpected = report.violations.filter((found) => !allowed.includes(`${found.service}: ${found.rule}`));
    assert.deepEqual(unexpected, [], "violations in the sandbox's report");
    console.log(`ok   ${name}`);
  } catch (error) {
    ++failed;
    console.log(`FAIL ${name}: ${error?.stack ?? error}`);
  }
}
console.log(failed === 0 ? "every SDK works against the sandbox" : `${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
