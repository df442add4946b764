// Hashes by own code: SHA-256 (streaming, for files, leaves and nodes), SHA-512 (for Ed25519), SM3, CRC-32.

// The constants of SHA-2 are the first bits of the roots of primes (FIPS 180-4, 4.2 and 5.3): they are computed.
function firstPrimes(count) {
  const primes = [];
  for (let n = 2n; primes.length < count; n++) {
    if (primes.every((p) => n % p !== 0n)) primes.push(n);
  }
  return primes;
}

// rootOf gives the largest r with r^power <= n.
function rootOf(n, power) {
  let low = 0n, high = 1n << 80n;
  while (high - low > 1n) {
    const mid = (low + high) >> 1n;
    if (mid ** power <= n) low = mid; else high = mid;
  }
  return low;
}

const MASK64 = (1n << 64n) - 1n;
const K512 = firstPrimes(80).map((p) => rootOf(p << 192n, 3n) & MASK64);
const H512 = firstPrimes(8).map((p) => rootOf(p << 128n, 2n) & MASK64);
const K256 = Int32Array.from(K512.slice(0, 64), (k) => Number(k >> 32n) | 0);
const H256 = Int32Array.from(H512, (h) => Number(h >> 32n) | 0);
const W256 = new Int32Array(64);

function compress256(state, data, at) {
  const w = W256, k = K256;
  for (let i = 0; i < 16; i++, at += 4) {
    w[i] = (data[at] << 24) | (data[at + 1] << 16) | (data[at + 2] << 8) | data[at + 3];
  }
  for (let i = 16; i < 64; i++) {
    const x = w[i - 15], y = w[i - 2];
    const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
    const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
    w[i] = (w[i - 16] + s0 + w[i - 7] + s1) | 0;
  }
  let a = state[0], b = state[1], c = state[2], d = state[3], e = state[4], f = state[5], g = state[6], h = state[7];
  for (let i = 0; i < 64; i++) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + k[i] + w[i]) | 0;
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g; g = f; f = e; e = (d + t1) | 0; d = c; c = b; b = a; a = (t1 + t2) | 0;
  }
  state[0] += a; state[1] += b; state[2] += c; state[3] += d; state[4] += e; state[5] += f; state[6] += g; state[7] += h;
}

// Sha256 takes bytes piece by piece.
class Sha256 {
  constructor() {
    this.state = new Int32Array(8);
    this.rest = new Uint8Array(128);
    this.reset();
  }

  reset() {
    this.state.set(H256);
    this.kept = 0;
    this.length = 0;
    return this;
  }

  update(data) {
    let at = 0;
    this.length += data.length;
    if (this.kept > 0) {
      at = Math.min(64 - this.kept, data.length);
      this.rest.set(at === data.length ? data : data.subarray(0, at), this.kept);
      this.kept += at;
      if (this.kept < 64) return this;
      compress256(this.state, this.rest, 0);
      this.kept = 0;
    }
    for (; at + 64 <= data.length; at += 64) compress256(this.state, data, at);
    for (; at < data.length; at++) this.rest[this.kept++] = data[at];
    return this;
  }

  digest(out = new Uint8Array(32), from = 0) {
    const rest = this.rest, end = this.kept < 56 ? 64 : 128;
    rest.fill(0, this.kept, end);
    rest[this.kept] = 0x80;
    const high = Math.floor(this.length / 0x20000000), low = this.length << 3;
    for (let i = 0; i < 4; i++) {
      rest[end - 8 + i] = high >>> (24 - 8 * i);
      rest[end - 4 + i] = low >>> (24 - 8 * i);
    }
    compress256(this.state, rest, 0);
    if (end === 128) compress256(this.state, rest, 64);
    for (let i = 0; i < 32; i++) out[from + i] = this.state[i >> 2] >>> (24 - 8 * (i & 3));
    return out;
  }
}

const once256 = new Sha256();
function sha256(...pieces) {
  once256.reset();
  for (const p of pieces) once256.update(p);
  return once256.digest();
}

function sha512(data) {
  const blocks = Math.ceil((data.length + 17) / 128), padded = new Uint8Array(blocks * 128);
  padded.set(data);
  padded[data.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setBigUint64(padded.length - 8, BigInt(data.length) * 8n);
  const rotate = (x, n) => ((x >> n) | (x << (64n - n))) & MASK64;
  const state = H512.slice(), w = new Array(80);
  for (let at = 0; at < padded.length; at += 128) {
    for (let i = 0; i < 16; i++) w[i] = view.getBigUint64(at + 8 * i);
    for (let i = 16; i < 80; i++) {
      const x = w[i - 15], y = w[i - 2];
      w[i] = (w[i - 16] + w[i - 7] + (rotate(x, 1n) ^ rotate(x, 8n) ^ (x >> 7n)) + (rotate(y, 19n) ^ rotate(y, 61n) ^ (y >> 6n))) & MASK64;
    }
    let [a, b, c, d, e, f, g, h] = state;
    for (let i = 0; i < 80; i++) {
      const t1 = h + (rotate(e, 14n) ^ rotate(e, 18n) ^ rotate(e, 41n)) + ((e & f) ^ ((MASK64 ^ e) & g)) + K512[i] + w[i];
      const t2 = (rotate(a, 28n) ^ rotate(a, 34n) ^ rotate(a, 39n)) + ((a & b) ^ (a & c) ^ (b & c));
      h = g; g = f; f = e; e = (d + t1) & MASK64; d = c; c = b; b = a; a = (t1 + t2) & MASK64;
    }
    [a, b, c, d, e, f, g, h].forEach((x, i) => { state[i] = (state[i] + x) & MASK64; });
  }
  const out = new Uint8Array(64), outView = new DataView(out.buffer);
  state.forEach((x, i) => outView.setBigUint64(8 * i, x));
  return out;
}

// sm3 is the hash of GB/T 32905.
function sm3(data) {
  const blocks = Math.ceil((data.length + 9) / 64), padded = new Uint8Array(blocks * 64);
  padded.set(data);
  padded[data.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setBigUint64(padded.length - 8, BigInt(data.length) * 8n);
  const rotate = (x, n) => ((n &= 31) ? (x << n) | (x >>> (32 - n)) : x);
  const state = [0x7380166f, 0x4914b2b9, 0x172442d7, 0xda8a0600 | 0, 0xa96f30bc | 0, 0x163138aa, 0xe38dee4d | 0, 0xb0fb0e4e | 0];
  const w = new Int32Array(68);
  for (let at = 0; at < padded.length; at += 64) {
    for (let i = 0; i < 16; i++) w[i] = view.getInt32(at + 4 * i);
    for (let i = 16; i < 68; i++) {
      const x = w[i - 16] ^ w[i - 9] ^ rotate(w[i - 3], 15);
      w[i] = x ^ rotate(x, 15) ^ rotate(x, 23) ^ rotate(w[i - 13], 7) ^ w[i - 6];
    }
    let [a, b, c, d, e, f, g, h] = state;
    for (let i = 0; i < 64; i++) {
      const s1 = rotate((rotate(a, 12) + e + rotate(i < 16 ? 0x79cc4519 : 0x7a879d8a, i)) | 0, 7), s2 = s1 ^ rotate(a, 12);
      const t1 = ((i < 16 ? a ^ b ^ c : (a & b) | (a & c) | (b & c)) + d + s2 + (w[i] ^ w[i + 4])) | 0;
      const t2 = ((i < 16 ? e ^ f ^ g : (e & f) | (~e & g)) + h + s1 + w[i]) | 0;
      d = c; c = rotate(b, 9); b = a; a = t1; h = g; g = rotate(f, 19); f = e; e = t2 ^ rotate(t2, 9) ^ rotate(t2, 17);
    }
    [a, b, c, d, e, f, g, h].forEach((x, i) => { state[i] ^= x; });
  }
  const out = new Uint8Array(32), outView = new DataView(out.buffer);
  state.forEach((x, i) => outView.setInt32(4 * i, x));
  return out;
}

// CRC of ZIP, four bytes a step.
const CRC = (() => {
  const t = new Int32Array(1024);
  for (let i = 0; i < 256; i++) {
    let c = i;
    for (let k = 0; k < 8; k++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
    t[i] = c;
  }
  for (let i = 256; i < 1024; i++) t[i] = (t[i - 256] >>> 8) ^ t[t[i - 256] & 255];
  return t;
})();

function crc32(crc, data) {
  let c = ~crc, i = 0;
  for (const end = data.length - 3; i < end; i += 4) {
    c ^= data[i] | (data[i + 1] << 8) | (data[i + 2] << 16) | (data[i + 3] << 24);
    c = CRC[768 + (c & 255)] ^ CRC[512 + ((c >>> 8) & 255)] ^ CRC[256 + ((c >>> 16) & 255)] ^ CRC[c >>> 24];
  }
  for (; i < data.length; i++) c = (c >>> 8) ^ CRC[(c ^ data[i]) & 255];
  return ~c;
}
