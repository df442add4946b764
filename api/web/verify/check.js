// The verification (FORMAT.md 14), step by step, in a worker: {file, trust, kept, policy} in, progress and a verdict out.

const TOLERANCE = 300;
const SHOWN_ROWS = 300;

// parseManifest reads the text of a MANIFEST (FORMAT.md 12).
function parseManifest(text) {
  const lines = text.split("\n");
  let at = 0;
  const field = (word) => {
    const line = lines[at++];
    if (line === undefined || !line.startsWith(word)) throw new Error(`MANIFEST line ${at}: expected ${word}`);
    return line.slice(word.length);
  };
  const number = (word) => {
    const n = num(field(word));
    if (n < 0) throw new Error(`MANIFEST line ${at}: not a number`);
    return n;
  };
  const hash = (word) => hashOf(field(word)) || (() => { throw new Error(`MANIFEST line ${at}: not a hash`); })();
  const many = (word) => {
    const out = [];
    while (lines[at] !== undefined && lines[at].startsWith(word) && out.length < 65) out.push(field(word));
    return out;
  };
  const first = field("");
  if (!first.endsWith("/export/v1")) throw new Error("MANIFEST: the first line is not ORIGIN/export/v1");
  const m = { origin: first.slice(0, -10), size: number("size "), root: hash("root "), start: number("start ") };
  m.frontier = many("frontier ").map(hashOf);
  m.filter = parseFilter(many("filter "));
  Object.assign(m, { heads: number("heads "), bodies: number("bodies "), withheld: number("withheld "), exported: field("exported ") });
  const names = MEMBERS.slice(1);
  m.bytes = [0, ...names.map((name) => number(`bytes ${name} `))];
  m.sums = [null, ...names.map((name) => {
    const s = /^([0-9a-f]{64}) {2}(.*)$/.exec(field(""));
    if (!s || s[2] !== name) throw new Error(`MANIFEST: expected the SHA-256 of ${name}`);
    return unhex(s[1]);
  })];
  if (lines.length !== at + 1 || lines[at] !== "") throw new Error("MANIFEST: something follows");
  m.exportedMillis = exportedMillis(m.exported);
  if (!ORIGIN.test(m.origin) || m.frontier.includes(null) || m.frontier.length !== setBits(m.start) || Number.isNaN(m.exportedMillis)) throw new Error("MANIFEST: origin, frontier or time is malformed");
  if (m.start >= m.size || m.heads !== m.size - m.start || m.withheld > m.bodies || m.bodies > m.heads) throw new Error("MANIFEST: the numbers contradict each other");
  return m;
}

function exportedMillis(text) {
  const t = /^([0-9]{4}-[0-9]{2}-[0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})Z$/.exec(text);
  if (!t || t[2] > "23" || t[3] > "59" || t[4] > "59") return NaN;
  return realDate(t[1]) + Number(t[2]) * 3600000 + Number(t[3]) * 60000 + Number(t[4]) * 1000;
}

// as runs fn and turns any error into a refusal of a code.
async function as(code, fn, more) {
  try {
    return await fn();
  } catch (e) {
    if (e instanceof Refusal && more && e.position === null) Object.assign(e, more);
    if (e instanceof Refusal || e instanceof Fault) throw e;
    return refuse(code, e.message, more);
  }
}

function checkPolicy(trust, checkpoint, policy) {
  if ((trust.sm2 || policy.requireSM2) && !checkpoint.sm2) refuse("sm2", "the checkpoint has no SM2 signature that counts");
  const need = Math.max(trust.quorum, policy.quorum || 0), have = new Set(checkpoint.witnesses.map((w) => w.name)).size;
  if (have < need) refuse("witness", "the checkpoint has fewer witnesses that count than are needed", { expected: String(need), found: String(have) });
  if (policy.maxAgeSeconds) {
    const newest = Math.max(-1, ...checkpoint.witnesses.map((w) => w.time));
    if (newest < 0 || policy.now - newest * 1000 > policy.maxAgeSeconds * 1000) refuse("stale", "no witness saw the checkpoint lately enough");
  }
}

// PackageCheck is one verification of a package.
class PackageCheck {
  constructor(file, trust, kept, policy, progress) {
    Object.assign(this, { file, trust, policy, progress, keptNotes: kept });
    Object.assign(this, { versions: new Map(), leaves: new Leaves(), seals: [], balances: new Balances(), kept: [] });
    Object.assign(this, { position: 0, lastID: "", trustSeen: null, bodies: 0, withheld: 0 });
  }

  async run() {
    this.progress("reading", 0, 1);
    this.members = await openContainer(this.file);
    const note = await this.small(MANIFEST);
    this.manifest = await as("manifest", () => this.openManifest(note));
    for (const i of [CHECKPOINT, HEADS, BODIES, BALANCES, README]) {
      if (this.members[i].size !== this.manifest.bytes[i]) refuse("files", `${MEMBERS[i]} has another size than the MANIFEST says`, { expected: String(this.manifest.bytes[i]), found: String(this.members[i].size) });
    }
    this.progress("signatures", 0, 1);
    await this.openCheckpoint();
    await this.openKept();
    await this.events();
    await this.roots();
    this.times();
    await this.compareBalances();
    await this.small(README);
    return this.result();
  }

  async small(index) {
    const reader = new MemberReader(this.file, this.members[index]), bytes = await reader.all();
    this.checkSum(index, reader.hash);
    return bytes;
  }

  checkSum(index, hash) {
    if (index === MANIFEST) return;
    const want = this.manifest.sums[index];
    if (!same(hash, want)) refuse("files", `${MEMBERS[index]} has another SHA-256 than the MANIFEST says`, { expected: hex(want), found: hex(hash) });
  }

  async openManifest(bytes) {
    const note = parseNote(bytes), lines = await verifyNote(this.trust, note), m = parseManifest(note.text);
    if (m.origin !== this.trust.origin) refuse("manifest", "a package of another ledger", { expected: this.trust.origin, found: m.origin });
    if (!counting(lines, m.size).some((l) => l.role === "export")) refuse("manifest", "no export signature that counts");
    return m;
  }

  async openCheckpoint() {
    this.checkpointBytes = await this.small(CHECKPOINT);
    const c = await as("checkpoint", () => openCheckpoint(this.trust, this.checkpointBytes));
    if (c.size !== this.manifest.size || !same(c.root, this.manifest.root)) refuse("checkpoint", "size or root differ from the MANIFEST", { expected: `${this.manifest.size} ${base64(this.manifest.root)}`, found: `${c.size} ${base64(c.root)}` });
    checkPolicy(this.trust, c, this.policy);
    this.checkpoint = c;
  }

  async openKept() {
    for (const note of this.keptNotes) {
      const k = await as("kept", () => openCheckpoint(this.trust, note));
      if (k.size > this.manifest.size) refuse("rollback", "a kept checkpoint is larger than the package", { expected: String(k.size), found: String(this.manifest.size) });
      if (k.size >= this.manifest.start) this.kept.push(k);
    }
    if (this.keptNotes.length > 0 && this.kept.length === 0) refuse("prefix", "every kept checkpoint is smaller than the start of the package", { found: String(this.manifest.start) });
  }

  // events reads heads and bodies side by side: steps 5 to 7.
  async events() {
    const heads = new Lines(new MemberReader(this.file, this.members[HEADS]), "head");
    const bodies = new Lines(new MemberReader(this.file, this.members[BODIES]), "body");
    this.position = this.manifest.start;
    for (let line; (line = heads.next()) || (await heads.more());) {
      if (line === null) {
        this.progress("heads", this.position - this.manifest.start, this.manifest.heads);
        continue;
      }
      if (this.position === this.manifest.size) refuse("count", "more heads than the size says", { expected: String(this.manifest.heads) });
      try {
        await this.event(line, bodies);
      } catch (e) {
        if (e instanceof Refusal && e.position === null) e.position = this.position + 1;
        throw e;
      }
      this.position++;
    }
    if (this.position !== this.manifest.size) refuse("count", "heads end too early", { expected: String(this.manifest.size), found: String(this.position) });
    if ((await bodies.line()) !== null) refuse("body", "bodies.ndjson has a line that belongs to no head");
    if (this.bodies !== this.manifest.bodies || this.withheld !== this.manifest.withheld) refuse("count", "numbers of bodies differ from the MANIFEST", { expected: `${this.manifest.bodies}, ${this.manifest.withheld}`, found: `${this.bodies}, ${this.withheld}` });
    this.checkSum(HEADS, heads.reader.hash);
    this.checkSum(BODIES, bodies.reader.hash);
  }

  async event(line, bodies) {
    const head = parseHead(latin.decode(line));
    this.order(head);
    if (head.millis > this.manifest.exportedMillis + TOLERANCE * 1000) refuse("time", "recorded after the export");
    this.leaves.push(leafHash(line), head.millis);
    if (!head.meta && !filterHolds(this.manifest.filter, head.scopes)) return;
    const body = bodies.next() || (await bodies.line());
    if (body === null) refuse("body", "bodies.ndjson ends before this event");
    this.bodies++;
    if (body.length === 0) {
      this.withheld++;
      if (!this.policy.allowWithheld || head.meta) refuse("withheld", "the body is withheld");
      return;
    }
    const parsed = checkBody(head, body);
    if (head.meta) await this.ledgerEvent(head, parsed.data);
    for (const e of parsed.entries) if (filterHolds(this.manifest.filter, this.manifest.filter && ownScopes(head, e))) this.balances.add(e);
  }

  order(head) {
    const before = this.versions.get(head.subject) || 0;
    if (head.id <= this.lastID) refuse("order", "the id is not larger than the one before", { expected: `> ${this.lastID}`, found: head.id });
    if ((head.type === "ledger.opened.v1") !== (this.position === 0)) refuse("head", "ledger.opened.v1 belongs to position 1, and only there");
    if (head.version !== before + 1 && (before > 0 || this.manifest.start === 0)) refuse("order", "the version does not continue the subject's", { expected: String(before + 1), found: String(head.version) });
    this.versions.set(head.subject, head.version);
    this.lastID = head.id;
  }

  async ledgerEvent(head, data) {
    const text = (name) => (typeof data.get(name) === "string" ? data.get(name) : "");
    if (head.type === "ledger.opened.v1") {
      if (data.get("format") !== 1 || data.get("origin") !== this.manifest.origin) refuse("trust", "the ledger was opened with another format or origin");
      await as("trust", () => this.takeTrust(text("trust"), 1));
    } else if (head.type === "ledger.trust.changed.v1") {
      await as("trust", () => this.takeTrust(text("trust"), this.trustSeen && this.trustSeen.version + 1));
    } else if (head.type === "ledger.sealed.v1") {
      await this.takeSeal(head, await as("seal", () => openCheckpoint(this.trust, text("checkpoint"))));
    }
  }

  takeTrust(text, version) {
    const t = parseTrust(text), mine = this.trust;
    if (t.origin !== this.manifest.origin || (version && t.version !== version)) throw new Error("the trust text of the ledger has another origin or version than comes next");
    if (t.version > mine.version) refuse("trust", "get the new trust file", { expected: `version ${mine.version}`, found: `version ${t.version}` });
    if (t.version === mine.version && t.text !== mine.text) refuse("trust", "the ledger's trust text of this version differs from yours");
    this.trustSeen = t;
  }

  takeSeal(head, seal) {
    const position = this.position + 1, last = this.seals.at(-1);
    if (seal.size >= position || (last && seal.size <= last.size)) refuse("seal", "the size of a seal does not continue", { found: String(seal.size) });
    for (const w of seal.witnesses) if (head.millis < (w.time - TOLERANCE) * 1000) refuse("time", `recorded before the witness ${w.name} saw the seal`);
    this.seals.push({ ...seal, position });
    this.progress("signatures", this.seals.length, 0);
  }

  // roots compares the tree with every seal, every kept checkpoint and the package's own.
  async roots() {
    const { size, root, start, frontier } = this.manifest;
    const known = [{ size, root, code: "root", position: null }, ...this.kept.map((k) => ({ size: k.size, root: k.root, code: "fork", position: null })),
      ...this.seals.filter((s) => s.size >= start).map((s) => ({ size: s.size, root: s.root, code: "seal", position: s.position }))];
    known.sort((a, b) => a.size - b.size);
    const tree = new Frontier(start, frontier);
    for (const k of known) {
      while (tree.size < k.size) {
        tree.append(this.leaves.hash(tree.size - start));
        if (tree.size % 20000 === 0) await this.progress("tree", tree.size - start, size - start);
      }
      const own = tree.root();
      if (!same(own, k.root)) refuse(k.code, `the events give another root at size ${k.size}`, { position: k.position, expected: base64(k.root), found: base64(own) });
    }
  }

  times() {
    const { start } = this.manifest;
    for (const s of [...this.seals.filter((seal) => seal.size > start), this.checkpoint]) {
      const millis = this.leaves.time(s.size - start - 1);
      for (const w of s.witnesses) if (millis > (w.time + TOLERANCE) * 1000) refuse("time", `recorded after the witness ${w.name} saw it`, { position: s.size });
    }
  }

  async compareBalances() {
    const rows = this.balances.rows(), lines = new Lines(new MemberReader(this.file, this.members[BALANCES]), "balances");
    let i = 0;
    for (let line; (line = lines.next()) || (await lines.more());) {
      if (line === null) {
        this.progress("balances", i, rows.length);
        continue;
      }
      const want = i < rows.length ? rows[i] + this.balances.sums.get(rows[i]) : "", found = latin.decode(line);
      if (want !== found || want === "") refuse("balances", `line ${i + 1} of balances.tsv differs from the sums of the entries`, { expected: want.replaceAll("\t", " | "), found: found.replaceAll("\t", " | ") });
      i++;
    }
    if (i !== rows.length) refuse("balances", "balances.tsv has fewer lines than the entries give", { expected: String(rows.length), found: String(i) });
    this.checkSum(BALANCES, lines.reader.hash);
    this.rows = rows;
  }

  result() {
    const m = this.manifest;
    return {
      verdict: "ok", origin: m.origin, size: m.size, root: base64(m.root), start: m.start, heads: m.heads, bodies: m.bodies, withheld: m.withheld,
      rows: this.rows.length, filter: m.filter === null ? "all" : m.filter, exported: m.exported, ...signers(this.checkpoint), seals: this.seals.length,
      kept: [...new Set(this.kept.map((k) => k.size))].sort((a, b) => a - b), trust_version: this.trust.version,
      kind: "package", balances: this.rows.slice(0, SHOWN_ROWS).map((r) => (r + this.balances.sums.get(r)).split("\t")), checkpoint: strictDecoder.decode(this.checkpointBytes),
    };
  }
}

const latin = new TextDecoder("latin1");
const seconds = (n) => new Date(n * 1000).toISOString().slice(0, 19) + "Z";

function signers(checkpoint) {
  return { signed: checkpoint.sm2 ? ["ed25519", "sm2"] : ["ed25519"], cosigned: checkpoint.witnesses.map((w) => ({ name: w.name, time: seconds(w.time) })) };
}

function checkBody(head, line) {
  const sum = hex(sha256(line));
  if (sum !== head.body) refuse("body", "the SHA-256 of the body is not the one in the head", { expected: head.body, found: sum });
  const body = parseBody(line);
  matchScopes(head, body);
  return body;
}

// checkEvent verifies one event with its inclusion proof, the JSON of GET /api/v1/events/{position}.
async function checkEvent(bytes, trust, policy) {
  let json;
  try { json = JSON.parse(strictDecoder.decode(bytes)); } catch { throw new Fault("the file is not a package, an event proof or a checkpoint"); }
  const e = json && typeof json.head_raw === "string" ? json : json && json.data;
  if (!e || typeof e.head_raw !== "string" || !e.inclusion || typeof e.checkpoint !== "string") throw new Fault("the file holds no event with its proof; an event is proved when it is sealed");
  const c = await as("checkpoint", () => openCheckpoint(trust, e.checkpoint)), { index, size, hashes } = e.inclusion;
  checkPolicy(trust, c, policy);
  const line = utf8(e.head_raw), head = parseHead(e.head_raw), position = { position: index + 1 };
  const proof = Array.isArray(hashes) && hashes.length <= 64 && hashes.every((h) => /^[0-9a-f]{64}$/.test(h)) && hashes.map(unhex);
  const numbers = Number.isSafeInteger(index) && index >= 0 && index < size && size === c.size && (e.position === undefined || e.position === index + 1);
  if (!proof || !numbers || !included(leafHash(line), index, size, proof, c.root)) refuse("root", "the proof does not lead from this event to the signed root", numbers ? position : {});
  if ((head.type === "ledger.opened.v1") !== (index === 0)) refuse("head", "ledger.opened.v1 belongs to position 1, and only there", position);
  for (const w of c.witnesses) if (head.millis > (w.time + TOLERANCE) * 1000) refuse("time", `recorded after the witness ${w.name} saw it`, position);
  const withheld = typeof e.body_raw !== "string";
  if (withheld && (!policy.allowWithheld || head.meta)) refuse("withheld", "the body is withheld", position);
  const body = withheld ? null : await as("body", () => checkBody(head, utf8(e.body_raw)), position);
  return {
    verdict: "ok", kind: "event", origin: c.origin, size: c.size, root: base64(c.root), position: index + 1, withheld: withheld ? 1 : 0, id: head.id, type: head.type, subject: head.subject,
    version: head.version, time: new Date(head.millis).toISOString(), entries: body ? body.entries : [], ...signers(c), trust_version: trust.version, checkpoint: e.checkpoint,
  };
}

// checkCheckpoint verifies a checkpoint alone, and compares it with kept ones of its size.
async function checkCheckpoint(bytes, trust, kept, policy) {
  const c = await as("checkpoint", () => openCheckpoint(trust, bytes)), matched = [];
  checkPolicy(trust, c, policy);
  for (const note of kept) {
    const k = await as("kept", () => openCheckpoint(trust, note));
    if (k.size > c.size) refuse("rollback", "a kept checkpoint is larger", { expected: String(k.size), found: String(c.size) });
    if (k.size === c.size && !same(k.root, c.root)) refuse("fork", "a kept checkpoint of this size has another root", { expected: base64(k.root), found: base64(c.root) });
    if (k.size === c.size) matched.push(k.size);
  }
  return { verdict: "ok", kind: "checkpoint", origin: c.origin, size: c.size, root: base64(c.root), kept: matched, ...signers(c), trust_version: trust.version, checkpoint: strictDecoder.decode(bytes) };
}

// verify gives the verdict: ok, refused, or unknown when there can be none.
async function verify({ file, trust, kept = [], policy = {} }, progress) {
  try {
    let parsed;
    try { parsed = parseTrust(trust); } catch (e) { return { verdict: "unknown", code: "trust", reason: e.message }; }
    if (typeof DecompressionStream === "undefined") return { verdict: "unknown", code: "browser", reason: "this browser cannot inflate; use a newer one, or grantverify" };
    const begin = await readBytes(file, 0, 64), first = begin[0];
    if (first !== 0x7b && !/^[a-z0-9.-]+\/[^\n]*\n[0-9]+\n/.test(latin.decode(begin))) return await new PackageCheck(file, parsed, kept, policy, progress).run();
    if (file.size > 1 << 22) throw new Fault("the file is too large for an event or a checkpoint");
    const bytes = await readBytes(file, 0, file.size);
    return await (first === 0x7b ? checkEvent(bytes, parsed, policy) : checkCheckpoint(bytes, parsed, kept, policy));
  } catch (e) {
    if (e instanceof Refusal) return { verdict: "refused", code: e.code, reason: e.message, position: e.position, expected: e.expected, found: e.found };
    return { verdict: "unknown", code: e instanceof Fault ? "file" : "internal", reason: e.message };
  }
}
