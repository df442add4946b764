// Heads, bodies and entries of events (FORMAT.md 3 to 5).

const REF = "[a-z][a-z0-9-]{0,23}/[A-Za-z0-9._:-]{1,96}";
const IS_REF = new RegExp(`^${REF}$`);
const IS_VALUE = /^[A-Za-z0-9._:-]{1,96}$/;
const IS_DISTRICT = /^(?:[0-9]{6}|[0-9]{9}|[0-9]{12})$/;
const IS_TYPE = /^[a-z][a-z0-9-]*(?:\.[a-z][a-z0-9-]*)+\.v[1-9][0-9]{0,2}$/;
const HEAD = new RegExp('^\\{"id":"([0-7][0-9A-HJKMNP-TV-Z]{25})","time":"([0-9]{4}-[0-9]{2}-[0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})\\.([0-9]{3})Z"' +
  `,"type":"([a-z0-9.-]{1,64})","subject":"(${REF})","version":([1-9][0-9]{0,14}),"scopes":\\["([^\\]]*)"\\],"body":"([0-9a-f]{64})"\\}$`);
const BASE32 = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const inYears = (n) => n >= 1980 && n <= 2199;

// realDate gives milliseconds since 1970 of YYYY-MM-DD, NaN when there is no such day.
function realDate(text) {
  const y = Number(text.slice(0, 4)), m = Number(text.slice(5, 7)), d = Number(text.slice(8, 10));
  const at = new Date(0);
  at.setUTCFullYear(y, m - 1, d);
  return at.getUTCFullYear() === y && at.getUTCMonth() === m - 1 && at.getUTCDate() === d ? at.getTime() : NaN;
}

const days = new Map(); // of heads: few dates come often
function dayOf(text) {
  if (!days.has(text)) {
    if (days.size > 5000) days.clear();
    days.set(text, realDate(text));
  }
  return days.get(text);
}

function isScope(ref) {
  if (!IS_REF.test(ref)) return false;
  const slash = ref.indexOf("/"), value = ref.slice(slash + 1);
  switch (ref.slice(0, slash)) {
    case "district": return IS_DISTRICT.test(value);
    case "year": return /^[0-9]{4}$/.test(value) && inYears(Number(value));
    case "source": return value === "lottery" || value === "venture" || value === "donation";
    case "ledger": return value === "meta";
    default: return true;
  }
}

// parseHead takes a line as text, one character a byte.
function parseHead(line) {
  const m = line.length > 8192 ? null : HEAD.exec(line);
  if (!m) refuse("head", "the head line is not written as the format asks");
  const millis = dayOf(m[2]) + Number(m[3]) * 3600000 + Number(m[4]) * 60000 + Number(m[5]) * 1000 + Number(m[6]);
  let coded = 0;
  for (let i = 0; i < 10; i++) coded = coded * 32 + BASE32.indexOf(m[1][i]);
  if (m[3] > "23" || m[4] > "59" || m[5] > "59" || millis !== coded) refuse("head", "the time is not real, or the id is not of this time");
  const scopes = m[10].split('","');
  if (scopes.length > 64 || !scopes.every((s, i) => isScope(s) && (i === 0 || scopes[i - 1] < s))) refuse("head", "scopes are not 1 to 64 known references, sorted and unique");
  const meta = scopes.includes("ledger/meta");
  if (!IS_TYPE.test(m[7]) || m[7].startsWith("ledger.") !== meta) refuse("head", "the type is malformed, or does not suit the scope ledger/meta");
  return { id: m[1], millis, type: m[7], subject: m[8], version: Number(m[9]), scopes, meta, body: m[11] };
}

const FORBIDDEN = /[\0-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff\ufffd-\uffff\ufdd0-\ufdef]|[\ud83f\ud87f\ud8bf\ud8ff\ud93f\ud97f\ud9bf\ud9ff\uda3f\uda7f\udabf\udaff\udb3f\udb7f\udbbf\udbff][\udffe\udfff]/;
const ALLOWED_STRING = /"(?:[^"\\]|\\["\\n])*"/y;
const INTEGER = /0|-?[1-9][0-9]{0,15}/y;
const MEMBER = /"([A-Za-z0-9._:/-]{1,64})":/y;

// Scan reads strict JSON: no white space, three escapes, integers only.
class Scan {
  constructor(line) {
    this.line = line;
    this.at = 0;
    this.depth = 0;
  }

  fail(what) { refuse("body", what); }

  take(text) {
    if (!this.line.startsWith(text, this.at)) return false;
    this.at += text.length;
    return true;
  }

  want(text) { if (!this.take(text)) this.fail(`expected ${text} at byte ${this.at}`); }

  match(pattern, what) {
    pattern.lastIndex = this.at;
    const m = pattern.exec(this.line);
    if (!m) this.fail(`expected ${what} at character ${this.at}`);
    this.at = pattern.lastIndex;
    return m;
  }

  text() {
    const raw = this.match(ALLOWED_STRING, "a string")[0].slice(1, -1);
    return raw.includes("\\") ? raw.replace(/\\(.)/g, (_, c) => (c === "n" ? "\n" : c)) : raw;
  }

  integer() {
    const n = Number(this.match(INTEGER, "an integer")[0]);
    if (!Number.isSafeInteger(n)) this.fail("a number beyond 2^53-1");
    return n;
  }

  open(bracket) {
    this.want(bracket);
    if (++this.depth > 16) this.fail("more than 16 brackets are open");
  }

  close(bracket) {
    this.want(bracket);
    this.depth--;
  }

  value() {
    switch (this.line[this.at]) {
      case "{": return this.object();
      case "[": return this.array(() => this.value(), 0);
      case '"': return this.text();
      case "t": return this.want("true"), true;
      case "f": return this.want("false"), false;
      case "n": return this.want("null"), null;
      default: return this.integer();
    }
  }

  array(item, least) {
    const out = [];
    this.open("[");
    if (least > 0 || this.line[this.at] !== "]") {
      do out.push(item()); while (this.take(","));
    }
    this.close("]");
    return out;
  }

  object() {
    const out = new Map();
    this.open("{");
    if (this.line[this.at] !== "}") {
      do {
        const name = this.match(MEMBER, "a member name")[1];
        if (out.has(name)) this.fail(`the member ${name} twice`);
        if (out.size === 256) this.fail("more than 256 members");
        out.set(name, this.value());
      } while (this.take(","));
    }
    this.close("}");
    return out;
  }

  year() {
    const n = this.integer();
    if (!inYears(n)) this.fail("a year is not 1980 to 2199");
    return n;
  }
}

const byteLength = (text) => (/^[\0-\x7f]*$/.test(text) ? text.length : utf8(text).length);

const START = new RegExp(`\\{"salt":"[A-Za-z0-9_-]{21}[AQgw]","actor":"(${REF})","key":"([!#-\\[\\]-~]{1,128})"`, "y");
const ON = /,"on":"([0-9]{4}-[0-9]{2}-[0-9]{2})"/y;
const DOC = /\{"sha256":"[0-9a-f]{64}","name":/y;
const DOC_KIND = /,"kind":"(?:voucher|invoice|agreement|receipt|notice|report|photo)"/y;
const ACCOUNTS = new Set([
  ..."authority available allocated committed disbursed transferred lapsed carried recovered".split(" ").map((a) => "budget." + a),
  ..."income cash advance refund_due goods spent delivered loss".split(" ").map((a) => "money." + a),
  ..."origin open fulfilled released".split(" ").map((a) => "pledge." + a),
  ..."origin open evidenced waived".split(" ").map((a) => "match." + a),
]);
const ACCOUNT = /\["([a-z]+\.[a-z_]+)",/y;

// parseBody takes the bytes of a line and gives {on, year, memo, data, entries}.
function parseBody(bytes) {
  if (bytes.length > 65536) refuse("body", "the body line is longer than 65536 bytes");
  let line;
  try { line = strictDecoder.decode(bytes); } catch { refuse("body", "the body line is not UTF-8"); }
  if (FORBIDDEN.test(line)) refuse("body", "the body line holds a forbidden character");
  const s = new Scan(line), body = { on: null, year: 0, memo: null, entries: [] };
  s.match(START, "salt, actor and key");
  s.depth = 1;
  if (s.line.startsWith(',"on":', s.at)) {
    body.on = s.match(ON, "a date")[1];
    if (Number.isNaN(realDate(body.on)) || !inYears(Number(body.on.slice(0, 4)))) s.fail("on is not a real date from 1980 to 2199");
  }
  if (s.take(',"year":')) body.year = s.year();
  if (s.take(',"memo":')) body.memo = sized(s, 4096);
  if (s.take(',"docs":') && s.array(() => doc(s), 1).length > 64) s.fail("more than 64 documents");
  s.want(',"data":');
  body.data = s.object();
  if (s.take(',"entries":')) {
    if (!body.on || !body.year) s.fail("entries without on or year");
    body.entries = s.array(() => entry(s), 1);
  }
  s.want("}");
  if (s.at !== line.length) s.fail("something follows the body");
  balanced(body.entries);
  return body;
}

function sized(s, limit) {
  const text = s.text(), n = byteLength(text);
  if (n < 1 || n > limit) s.fail(`a text is not 1 to ${limit} bytes`);
  return text;
}

function doc(s) {
  s.match(DOC, "a document");
  s.depth++;
  sized(s, 512);
  s.match(DOC_KIND, "the kind of a document");
  if (s.take(',"number":')) sized(s, 128);
  s.close("}");
}

const DIMENSIONS = ["fund", "project", "organisation", "district", "year", "vintage", "purpose"];

function entry(s) {
  const out = { lines: null };
  let comma = "";
  s.open("{");
  for (const name of DIMENSIONS) {
    if (!s.take(`${comma}"${name}":`)) continue;
    comma = ",";
    const value = name === "year" || name === "vintage" ? s.year() : s.text();
    if (name === "district" ? !IS_DISTRICT.test(value) : !IS_VALUE.test(String(value))) s.fail(`a malformed ${name}`);
    out[name] = String(value);
  }
  s.want(`${comma}"lines":`);
  out.lines = s.array(() => entryLine(s), 1);
  if (out.lines.length > 64 || new Set(out.lines.map((l) => l[0])).size !== out.lines.length) s.fail("more than 64 lines, or an account twice");
  s.close("}");
  return out;
}

function entryLine(s) {
  const account = s.match(ACCOUNT, "a line of an entry")[1], fen = s.integer();
  s.want("]");
  if (!ACCOUNTS.has(account) || fen === 0 || Math.abs(fen) > 999999999999999) s.fail("a line is not a known account with an amount");
  return [account, fen];
}

// balanced checks that each book sums to zero; a line of 64 KiB cannot hold sums beyond 2^63, so BigInt is not slow here.
function balanced(entries) {
  const sums = new Map();
  for (const e of entries) {
    for (const [account, fen] of e.lines) {
      const book = account.slice(0, account.indexOf("."));
      sums.set(book, (sums.get(book) || 0n) + BigInt(fen));
    }
  }
  for (const [book, sum] of sums) if (sum !== 0n) refuse("entries", `the book ${book} does not sum to zero`, { expected: "0", found: String(sum) });
}

const SCOPED = ["fund", "project", "organisation", "district", "year", "purpose"];

// matchScopes checks what the entries of a body owe to its head.
function matchScopes(head, body) {
  if (body.year && !head.scopes.includes(`year/${body.year}`)) refuse("scopes", "the year is not in the scopes", { expected: `year/${body.year}` });
  if (body.entries.length === 0) return;
  if (head.meta) refuse("entries", "an event of the ledger itself has entries");
  if (!head.scopes.some((s) => s.startsWith("source/"))) refuse("scopes", "entries without a source in the scopes", { expected: "source/…" });
  for (const e of body.entries) {
    for (const kind of SCOPED) {
      if (e[kind] && !head.scopes.includes(`${kind}/${e[kind]}`)) refuse("scopes", "a dimension of an entry is not in the scopes", { expected: `${kind}/${e[kind]}` });
    }
  }
}

// ownScopes are the scopes of one entry: of the six kinds its own, of all others the head's (FORMAT.md 13).
function ownScopes(head, e) {
  return head.scopes.filter((s) => {
    const slash = s.indexOf("/"), kind = s.slice(0, slash);
    return !SCOPED.includes(kind) || e[kind] === s.slice(slash + 1);
  });
}
