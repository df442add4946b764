// Signatures: Ed25519 (RFC 8032) by the browser where it can, otherwise by own code; SM2 (GB/T 32918) by own code.

const bigOf = (bytes) => BigInt("0x" + (hex(bytes) || "0"));
const littleOf = (bytes) => bigOf(bytes.slice().reverse());
const modulo = (x, p) => ((x % p) + p) % p;

function power(base, exponent, p) {
  let out = 1n;
  for (base = modulo(base, p); exponent > 0n; exponent >>= 1n, base = (base * base) % p) {
    if (exponent & 1n) out = (out * base) % p;
  }
  return out;
}

const P25519 = (1n << 255n) - 19n;
const L25519 = (1n << 252n) + 27742317777372353535851937790883648493n;
const D25519 = modulo(-121665n * power(121666n, P25519 - 2n, P25519), P25519);
const ROOT_OF_MINUS_ONE = power(2n, (P25519 - 1n) / 4n, P25519);

// A point is [X, Y, Z, T] in extended coordinates: x = X/Z, y = Y/Z, T = XY/Z.
function edPoint(bytes) {
  const odd = bytes[31] >> 7, y = littleOf(bytes) & ((1n << 255n) - 1n), p = P25519;
  const u = modulo(y * y - 1n, p), v = modulo(D25519 * y * y + 1n, p);
  let x = (u * power(v, 3n, p) * power(u * power(v, 7n, p), (p - 5n) / 8n, p)) % p;
  if (modulo(v * x * x - u, p) !== 0n) x = (x * ROOT_OF_MINUS_ONE) % p;
  if (modulo(v * x * x - u, p) !== 0n || (x === 0n && odd)) return null;
  if (Number(x & 1n) !== odd) x = p - x;
  return [x, modulo(y, p), 1n, modulo(x * y, p)];
}

function edAdd([x1, y1, z1, t1], [x2, y2, z2, t2]) {
  const p = P25519;
  const a = ((y1 - x1) * (y2 - x2)) % p, b = ((y1 + x1) * (y2 + x2)) % p, c = (2n * D25519 * t1 * t2) % p, d = (2n * z1 * z2) % p;
  const e = b - a, f = d - c, g = d + c, h = b + a;
  return [modulo(e * f, p), modulo(g * h, p), modulo(f * g, p), modulo(e * h, p)];
}

function edTimes(point, n) {
  let out = [0n, 1n, 1n, 0n];
  for (let bit = n.toString(2).length - 1; bit >= 0; bit--) {
    out = edAdd(out, out);
    if ((n >> BigInt(bit)) & 1n) out = edAdd(out, point);
  }
  return out;
}

const ED_BASE = edPoint(Uint8Array.from({ length: 32 }, (_, i) => (i === 0 ? 0x58 : 0x66)));

function ownEd25519(publicKey, signature, message) {
  const a = edPoint(publicKey), s = littleOf(signature.subarray(32));
  if (!a || s >= L25519) return false;
  const k = littleOf(sha512(concat(signature.subarray(0, 32), publicKey, message))) % L25519;
  const minusA = [P25519 - a[0], a[1], 1n, P25519 - a[3]];
  const [x, y, z] = edAdd(edTimes(ED_BASE, s), edTimes(minusA, k));
  const inverse = power(z, P25519 - 2n, P25519), odd = (x * inverse) % P25519 & 1n;
  const encoded = ((y * inverse) % P25519) | (odd << 255n);
  return littleOf(signature.subarray(0, 32)) === encoded;
}

const browserKeys = new Map();
async function ed25519(publicKey, signature, message) {
  if (signature.length !== 64) return false;
  const subtle = globalThis.crypto && globalThis.crypto.subtle;
  if (subtle) {
    try {
      const name = hex(publicKey);
      if (!browserKeys.has(name)) browserKeys.set(name, await subtle.importKey("raw", publicKey, "Ed25519", false, ["verify"]));
      return await subtle.verify("Ed25519", browserKeys.get(name), signature, message);
    } catch {
      // an older browser, or a page that is not a secure context
    }
  }
  return ownEd25519(publicKey, signature, message);
}

const SM2_P = 0xfffffffeffffffffffffffffffffffffffffffff00000000ffffffffffffffffn;
const SM2_B = 0x28e9fa9e9d9f5e344d5a9e4bcf6509a7f39789f515ab8f92ddbcbd414d940e93n;
const SM2_N = 0xfffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123n;
const SM2_G = [0x32c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7n, 0xbc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0n, 1n];

function sm2Point(bytes) {
  if (bytes.length !== 65 || bytes[0] !== 4) return null;
  const x = bigOf(bytes.subarray(1, 33)), y = bigOf(bytes.subarray(33)), p = SM2_P;
  return x < p && y < p && modulo(y * y - x * x * x + 3n * x - SM2_B, p) === 0n ? [x, y, 1n] : null;
}

// Jacobian coordinates, a = -3; Z = 0 is the point at infinity.
function sm2Double([x, y, z]) {
  const p = SM2_P, delta = (z * z) % p, gamma = (y * y) % p, beta = (x * gamma) % p;
  const alpha = (3n * (x - delta) * (x + delta)) % p, x3 = modulo(alpha * alpha - 8n * beta, p);
  return [x3, modulo(alpha * (4n * beta - x3) - 8n * gamma * gamma, p), modulo((y + z) * (y + z) - gamma - delta, p)];
}

function sm2Add(a, b) {
  if (a[2] === 0n) return b;
  if (b[2] === 0n) return a;
  const p = SM2_P, za = (a[2] * a[2]) % p, zb = (b[2] * b[2]) % p;
  const u1 = (a[0] * zb) % p, u2 = (b[0] * za) % p, s1 = (a[1] * b[2] * zb) % p, s2 = (b[1] * a[2] * za) % p;
  if (u1 === u2) return s1 === s2 ? sm2Double(a) : [1n, 1n, 0n];
  const h = u2 - u1, r = s2 - s1, hh = (h * h) % p, hhh = (h * hh) % p, v = (u1 * hh) % p, x = modulo(r * r - hhh - 2n * v, p);
  return [x, modulo(r * (v - x) - s1 * hhh, p), modulo(a[2] * b[2] * h, p)];
}

function sm2Times(point, n) {
  let out = [1n, 1n, 0n];
  for (let bit = n.toString(2).length - 1; bit >= 0; bit--) {
    out = sm2Double(out);
    if ((n >> BigInt(bit)) & 1n) out = sm2Add(out, point);
  }
  return out;
}

// derPair reads SEQUENCE { INTEGER r, INTEGER s }, shortest form only.
function derPair(b) {
  if (b.length < 8 || b.length > 72 || b[0] !== 0x30 || b[1] !== b.length - 2) return null;
  const numbers = [];
  let at = 2;
  while (at < b.length && numbers.length < 2) {
    const n = b[at + 1], first = b[at + 2];
    if (b[at] !== 2 || !(n >= 1) || at + 2 + n > b.length || first > 127 || (n > 1 && first === 0 && b[at + 3] < 128)) return null;
    numbers.push(bigOf(b.subarray(at + 2, at + 2 + n)));
    at += 2 + n;
  }
  return at === b.length && numbers.length === 2 ? numbers : null;
}

const bytes32 = (n) => unhex(n.toString(16).padStart(64, "0"));

function sm2(publicKey, signature, message) {
  const key = sm2Point(publicKey), pair = derPair(signature), n = SM2_N;
  if (!key || !pair) return false;
  const [r, s] = pair, t = (r + s) % n;
  if (r < 1n || r >= n || s < 1n || s >= n || t === 0n) return false;
  const id = utf8("1234567812345678");
  const z = sm3(concat(Uint8Array.of(0, id.length * 8), id, bytes32(SM2_P - 3n), bytes32(SM2_B), bytes32(SM2_G[0]), bytes32(SM2_G[1]), publicKey.subarray(1)));
  const e = bigOf(sm3(concat(z, message)));
  const [x, , zz] = sm2Add(sm2Times(SM2_G, s), sm2Times(key, t));
  if (zz === 0n) return false;
  const inverse = power(zz, SM2_P - 2n, SM2_P);
  return (e + ((x * inverse * inverse) % SM2_P)) % n === r;
}
