// Texts: numbers, base64, notes, keys, the trust text and checkpoints (FORMAT.md 7 and 9).

// Refusal is the verdict "do not rely on it": a code of FORMAT.md 14, a reason, where and what.
class Refusal extends Error {
  constructor(code, reason, more = {}) {
    super(reason);
    Object.assign(this, { code, position: null, expected: null, found: null }, more);
  }
}

function refuse(code, reason, more) { throw new Refusal(code, reason, more); }

const HEX = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, "0"));
const hex = (bytes) => Array.prototype.map.call(bytes, (b) => HEX[b]).join("");
const unhex = (text) => Uint8Array.from(text.match(/../g) || [], (pair) => parseInt(pair, 16));
const utf8 = (text) => new TextEncoder().encode(text);
const strictDecoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const base64 = (bytes) => btoa(String.fromCharCode(...bytes));
const same = (a, b) => a.length === b.length && a.every((x, i) => x === b[i]);

function concat(...parts) {
  const out = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const p of parts) { out.set(p, at); at += p.length; }
  return out;
}

// unbase64 gives null unless encoding again gives the same text.
function unbase64(text) {
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text)) return null;
  const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  let binary = "";
  for (let i = 0; i < bytes.length; i += 4096) binary += String.fromCharCode(...bytes.subarray(i, i + 4096));
  return btoa(binary) === text ? bytes : null;
}

function hashOf(text) {
  const bytes = unbase64(text);
  return bytes && bytes.length === 32 ? bytes : null;
}

// num gives -1 for what is no NUM.
const num = (text) => (/^(?:0|[1-9][0-9]{0,14})$/.test(text) ? Number(text) : -1);
const ORIGIN = /^[a-z0-9][a-z0-9.-]{0,63}(?:\/[a-z0-9][a-z0-9._-]{0,63}){1,3}$/;
const KEY_NAME = /^[^+\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+$/u;

// noteText decodes UTF-8 without bytes below 0x20 but LF; null for other bytes.
function noteText(bytes) {
  try {
    const text = typeof bytes === "string" ? bytes : strictDecoder.decode(bytes);
    return /[\0-\x09\x0b-\x1f]/.test(text) ? null : text;
  } catch {
    return null;
  }
}

// parseNote gives {text, lines: [{name, id, signature}]} or throws.
function parseNote(input) {
  const bytes = typeof input === "string" ? utf8(input) : input, text = bytes.length > 65536 ? null : noteText(bytes);
  if (text === null) throw new Error("a note is too long, or not UTF-8 without control characters");
  const cut = text.lastIndexOf("\n\n");
  if (cut < 0 || !text.endsWith("\n") || cut + 2 >= text.length) throw new Error("a note without signature lines");
  const lines = text.slice(cut + 2, -1).split("\n").map(parseNoteLine);
  if (lines.length > 64) throw new Error("a note of more than 64 signature lines");
  return { text: text.slice(0, cut + 1), lines };
}

function parseNoteLine(line) {
  const m = /^\u2014 ([^ ]+) ([^ ]+)$/u.exec(line), bytes = m && unbase64(m[2]);
  if (!m || !KEY_NAME.test(m[1]) || !bytes || bytes.length < 5) throw new Error("a malformed signature line");
  return { name: m[1], id: hex(bytes.subarray(0, 4)), signature: bytes.subarray(4) };
}

const KINDS = {
  ed25519: Uint8Array.of(1),
  sm2: concat(Uint8Array.of(255), utf8("gm.sm2-sm3.v1\n")),
  cosignature: Uint8Array.of(4),
};
const ROLES = { root: "ed25519", log: "ed25519", sm2: "sm2", export: "ed25519", witness: "cosignature" };

// parseVKey reads NAME+hex id+base64(type, key).
function parseVKey(text, kind) {
  const m = /^([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/u.exec(text), material = m && unbase64(m[3]), type = KINDS[kind];
  if (!m || !KEY_NAME.test(m[1]) || !material || !same(material.subarray(0, type.length), type)) throw new Error("not a key of its role");
  const key = material.slice(type.length);
  if (kind === "sm2" ? !sm2Point(key) : key.length !== 32) throw new Error("a malformed key");
  if (hex(sha256(utf8(m[1] + "\n"), material).subarray(0, 4)) !== m[2]) throw new Error("another key id than the key gives");
  return { name: m[1], id: m[2], kind, key, material: m[3] };
}

// verifyLine gives the time of a witness in seconds, 0 for others, null when the signature does not verify.
async function verifyLine(key, text, signature) {
  if (key.kind === "sm2") return sm2(key.key, signature, utf8(text)) ? 0 : null;
  if (key.kind === "ed25519") return (await ed25519(key.key, signature, utf8(text))) ? 0 : null;
  if (signature.length !== 72) return null;
  const seconds = Number(bigOf(signature.subarray(0, 8)));
  if (seconds > 253402300799) return null; // beyond the year 9999
  return (await ed25519(key.key, signature.subarray(8), utf8(`cosignature/v1\ntime ${seconds}\n${text}`))) ? seconds : null;
}

const TRUST_HEADER = "grantledger trust v1";

// parseTrust reads the trust text, or a note of one whose signature lines are passed over.
function parseTrust(input) {
  const whole = noteText(input), length = typeof input === "string" ? utf8(input).length : input.length;
  if (whole === null || length > 65536) throw new Error("the trust text is not UTF-8 lines, or too long");
  const cut = whole.indexOf("\n\n"), text = cut < 0 ? whole : whole.slice(0, cut + 1);
  if (cut >= 0 && !/^(?:\u2014 [^\n]*\n)+$/.test(whole.slice(cut + 2))) throw new Error("only signature lines may follow the empty line of a trust text");
  if (utf8(text).length > 32768 || !text.endsWith("\n")) throw new Error("the trust text is too long, or its last line does not end");
  const lines = text.slice(0, -1).split("\n"), trust = { text, origin: null, version: 0, quorum: -1, sm2: false, keys: [] };
  if (lines[0] !== TRUST_HEADER) throw new Error(`the trust text does not begin with ${TRUST_HEADER}`);
  lines.slice(1).forEach((line, i) => {
    try { trustLine(trust, line); } catch (e) { throw new Error(`trust text, line ${i + 2}: ${e.message}`); }
  });
  const has = (role) => trust.keys.some((k) => k.role === role);
  if (!trust.origin || !trust.version || trust.quorum < 0 || !has("root") || !has("log") || !has("export")) throw new Error("the trust text is not complete");
  const names = { log: trust.origin, sm2: trust.origin, export: trust.origin + "/export" };
  if (trust.keys.some((k) => names[k.role] && names[k.role] !== k.name)) throw new Error("a key of the trust text has a wrong name");
  return trust;
}

function trustLine(trust, line) {
  if (line.startsWith("#")) return;
  const space = line.indexOf(" "), word = space < 0 ? line : line.slice(0, space), rest = space < 0 ? "" : line.slice(space + 1);
  const fresh = (isNew, ok) => { if (!isNew || !ok) throw new Error(`${word} twice or malformed`); };
  if (word === "origin") {
    fresh(trust.origin === null, ORIGIN.test(rest));
    trust.origin = rest;
  } else if (word === "version") {
    fresh(!trust.version, num(rest) >= 1 && num(rest) <= 999999);
    trust.version = num(rest);
  } else if (word === "quorum") {
    fresh(trust.quorum < 0, num(rest) >= 0 && num(rest) <= 99);
    trust.quorum = num(rest);
  } else if (word === "require") {
    fresh(!trust.sm2, rest === "sm2");
    trust.sm2 = true;
  } else {
    trustKey(trust, word, rest);
  }
}

function trustKey(trust, role, rest) {
  if (!Object.hasOwn(ROLES, role)) throw new Error("an unknown word");
  let from = 0, to = Infinity, vkey = rest;
  if (role !== "root") {
    const parts = rest.split(" ");
    from = num(parts[0]);
    to = parts[1] === "-" ? Infinity : num(parts[1] || "");
    vkey = parts.slice(2).join(" ");
    if (from < 0 || to < 0) throw new Error("a malformed range");
  }
  const key = parseVKey(vkey, ROLES[role]);
  if (trust.keys.some((k) => k.material === key.material || (k.name === key.name && k.id === key.id))) throw new Error("a key twice");
  trust.keys.push({ role, from, to, ...key });
}

// verifyNote gives [{role, name, from, to, time}] of the known keys; the first line of each must verify.
async function verifyNote(trust, note) {
  const out = [], seen = new Set();
  for (const line of note.lines) {
    const key = trust.keys.find((k) => k.name === line.name && k.id === line.id);
    if (!key || seen.has(key)) continue;
    seen.add(key);
    const time = await verifyLine(key, note.text, line.signature);
    if (time === null) throw new Error(`the signature of the ${key.role} key ${key.name} does not verify`);
    out.push({ ...key, time });
  }
  return out;
}

const counting = (lines, size) => lines.filter((l) => l.from <= size && size <= l.to);

function checkpointText(text) {
  const lines = text.split("\n");
  if (lines.length !== 4 || lines[3] !== "" || !ORIGIN.test(lines[0])) throw new Error("a checkpoint is not three lines that begin with an origin");
  const size = num(lines[1]), root = hashOf(lines[2]);
  if (size < 0 || !root) throw new Error("size or root of a checkpoint is malformed");
  return { origin: lines[0], size, root };
}

// openCheckpoint reads a checkpoint that a log line signs which counts: {origin, size, root, sm2, witnesses, note}.
async function openCheckpoint(trust, bytes) {
  const note = parseNote(bytes), c = checkpointText(note.text);
  if (c.origin !== trust.origin) throw new Error(`a checkpoint of another ledger, ${c.origin}`);
  const lines = counting(await verifyNote(trust, note), c.size);
  if (!lines.some((l) => l.role === "log")) throw new Error("a checkpoint without a log signature that counts");
  const witnesses = lines.filter((l) => l.role === "witness").map(({ name, time }) => ({ name, time }));
  return { ...c, sm2: lines.some((l) => l.role === "sm2"), witnesses };
}
