// The container (FORMAT.md 11): six members, headers exactly as the profile writes them, read as streams.

const MEMBERS = ["MANIFEST", "checkpoint", "heads.ndjson", "bodies.ndjson", "balances.tsv", "README.txt"];
const [MANIFEST, CHECKPOINT, HEADS, BODIES, BALANCES, README] = MEMBERS.keys();
const SMALL = [MANIFEST, CHECKPOINT, README];
const SMALL_LIMIT = 65536;
const PACKAGE_LIMIT = 0xffffffff;
const SLICE = 1 << 18;

// Fault is a file that cannot be read: no verdict.
class Fault extends Error {}

async function readBytes(file, from, to) {
  try {
    return new Uint8Array(await file.slice(from, to).arrayBuffer());
  } catch (e) {
    throw new Fault(`the file cannot be read: ${e.message}`);
  }
}

// fields are the 13 fields of a member that both of its headers hold, from the version on.
function fields(m) {
  const out = new DataView(new ArrayBuffer(24));
  out.setUint16(0, 20, true);
  out.setUint16(4, m.method, true);
  out.setUint16(8, 0x21, true);
  out.setUint32(10, m.crc, true);
  out.setUint32(14, m.packed, true);
  out.setUint32(18, m.size, true);
  out.setUint16(22, m.name.length, true);
  return new Uint8Array(out.buffer);
}

function little(n, bytes) {
  return Uint8Array.from({ length: bytes }, (_, i) => Math.floor(n / 256 ** i) & 255);
}

const localHeader = (m) => concat(utf8("PK\x03\x04"), fields(m), new Uint8Array(2), utf8(m.name));
const centralHeader = (m) => concat(utf8("PK\x01\x02\x14\0"), fields(m), new Uint8Array(12), little(m.offset, 4), utf8(m.name));

// openContainer gives the six members: {name, method, crc, packed, size, offset, data, end}.
async function openContainer(file) {
  if (file.size >= PACKAGE_LIMIT) refuse("container", "the file is not smaller than 4 GiB");
  const members = [];
  let at = 0;
  for (const [i, name] of MEMBERS.entries()) {
    const bytes = await readBytes(file, at, at + 30 + name.length);
    if (bytes.length < 30 + name.length) refuse("container", `the file ends before ${name}`);
    const view = new DataView(bytes.buffer), data = at + bytes.length;
    const m = { name, offset: at, data, method: view.getUint16(8, true), crc: view.getUint32(14, true), packed: view.getUint32(18, true), size: view.getUint32(22, true) };
    if (!same(localHeader(m), bytes)) refuse("container", `the header of ${name} is not that of the format`);
    if (!(m.method === 8 || (m.method === 0 && m.packed === m.size)) || m.size === PACKAGE_LIMIT || m.packed === PACKAGE_LIMIT) refuse("container", `method or size of ${name} is not that of the format`);
    if (SMALL.includes(i) && m.size > SMALL_LIMIT) refuse("container", `${name} is larger than 64 KiB`);
    m.end = at = data + m.packed;
    members.push(m);
  }
  const directory = concat(...members.map(centralHeader));
  const end = concat(utf8("PK\x05\x06"), little(0, 4), little(6, 2), little(6, 2), little(directory.length, 4), little(at, 4), little(0, 2));
  const want = concat(directory, end);
  if (file.size - at !== want.length || !same(await readBytes(file, at, file.size), want)) refuse("container", "the directory does not repeat the members");
  return members;
}

// MemberReader gives the plain bytes of a member and checks its length, CRC and SHA-256 at the end.
class MemberReader {
  constructor(file, member) {
    this.member = member;
    this.left = member.size;
    this.crc = 0;
    this.sum = new Sha256();
    this.fault = null;
    let at = member.data;
    const packed = new ReadableStream({
      pull: async (out) => {
        if (at >= member.end) return out.close();
        try {
          const bytes = await readBytes(file, at, Math.min(at + SLICE, member.end));
          at += bytes.length;
          if (bytes.length === 0) throw new Fault("the file ended while it was read");
          out.enqueue(bytes);
        } catch (e) {
          this.fault = e;
          throw e;
        }
      },
    }, { highWaterMark: 1 });
    this.reader = (member.method === 8 ? packed.pipeThrough(new DecompressionStream("deflate-raw")) : packed).getReader();
  }

  // next gives bytes, null at the end.
  async next() {
    let part;
    try {
      part = await this.reader.read();
    } catch (e) {
      if (this.fault) throw this.fault;
      refuse("container", `${this.member.name} is not one whole DEFLATE stream`);
    }
    if (part.done) {
      if (this.left !== 0 || this.crc >>> 0 !== this.member.crc) refuse("container", `${this.member.name} has another length or CRC than declared`);
      this.hash = this.sum.digest();
      return null;
    }
    this.left -= part.value.length;
    if (this.left < 0) {
      this.close();
      refuse("container", `${this.member.name} is longer than declared`);
    }
    this.crc = crc32(this.crc, part.value);
    this.sum.update(part.value);
    return part.value;
  }

  close() { this.reader.cancel().catch(() => {}); }

  // all reads a small member whole.
  async all() {
    const parts = [];
    for (let b; (b = await this.next()) !== null;) parts.push(b);
    return concat(...parts);
  }
}

// Lines gives the lines of a member one by one.
class Lines {
  constructor(reader, code) {
    this.reader = reader;
    this.code = code;
    this.buffer = new Uint8Array(0);
    this.at = 0;
    this.read = 0; // plain bytes given so far
  }

  // next gives a line without its LF, null when more must be read first.
  next() {
    const end = this.buffer.indexOf(10, this.at);
    if (end < 0) return null;
    const line = this.buffer.subarray(this.at, end);
    this.read += end + 1 - this.at;
    this.at = end + 1;
    return line;
  }

  // more reads on; false at the end of the member.
  async more() {
    const rest = this.buffer.subarray(this.at);
    if (rest.length > SMALL_LIMIT) refuse(this.code, `a line of ${this.reader.member.name} is too long`);
    const bytes = await this.reader.next();
    if (bytes === null && rest.length > 0) refuse(this.code, `the last line of ${this.reader.member.name} does not end`);
    this.buffer = bytes === null ? new Uint8Array(0) : rest.length > 0 ? concat(rest, bytes) : bytes;
    this.at = 0;
    return bytes !== null;
  }

  // line gives the next line, reading on as needed; null at the end.
  async line() {
    for (let line; ;) {
      if ((line = this.next()) !== null) return line;
      if (!(await this.more())) return null;
    }
  }
}
