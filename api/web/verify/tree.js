// The tree (FORMAT.md 6), the filter and the balances (13).

const ZERO = Uint8Array.of(0), ONE = Uint8Array.of(1);
const leafHash = (head) => sha256(ZERO, head);
const nodeHash = (left, right) => sha256(ONE, left, right);

const setBits = (n) => (n.toString(2).match(/1/g) || []).length;

// Frontier is the roots of the perfect subtrees for the set bits of the size, largest first.
class Frontier {
  constructor(size, hashes) {
    this.size = size;
    this.hashes = hashes.slice();
  }

  append(leaf) {
    let hash = leaf;
    for (let n = this.size; n % 2 === 1; n = (n - 1) / 2) hash = nodeHash(this.hashes.pop(), hash);
    this.hashes.push(hash);
    this.size++;
  }

  root() {
    if (this.size === 0) return sha256();
    return this.hashes.reduceRight((right, left) => nodeHash(left, right));
  }
}

// Leaves keeps 32 bytes an event, and its time.
class Leaves {
  constructor() {
    this.pages = [];
    this.millis = [];
    this.count = 0;
  }

  push(hash, millis) {
    const at = this.count % 8192;
    if (at === 0) {
      this.pages.push(new Uint8Array(8192 * 32));
      this.millis.push(new Float64Array(8192));
    }
    this.pages.at(-1).set(hash, at * 32);
    this.millis.at(-1)[at] = millis;
    this.count++;
  }

  hash(i) { return this.pages[Math.floor(i / 8192)].subarray((i % 8192) * 32, (i % 8192) * 32 + 32); }

  time(i) { return this.millis[Math.floor(i / 8192)][i % 8192]; }
}

// included checks an inclusion proof (RFC 9162, 2.1.3.2).
function included(leaf, index, size, proof, root) {
  let fn = index, sn = size - 1, hash = leaf;
  for (const p of proof) {
    if (sn === 0) return false;
    if (fn % 2 === 1 || fn === sn) {
      hash = nodeHash(p, hash);
      while (fn % 2 === 0 && fn !== 0) { fn /= 2; sn = Math.floor(sn / 2); }
    } else {
      hash = nodeHash(hash, p);
    }
    fn = Math.floor(fn / 2);
    sn = Math.floor(sn / 2);
  }
  return sn === 0 && same(hash, root);
}

// parseFilter takes what follows "filter " in the lines of a MANIFEST; null is the filter all.
function parseFilter(lines) {
  if (lines.length === 1 && lines[0] === "all") return null;
  const ordered = (list) => list.every((x, i) => i === 0 || list[i - 1] < x);
  const filter = lines.map((l) => l.split(" "));
  if (lines.length < 1 || lines.length > 64 || !ordered(lines)) throw new Error("filter lines are not 1 to 64, sorted and unique");
  for (const terms of filter) {
    if (terms.length > 8 || !ordered(terms) || !terms.every((t) => IS_REF.test(t.endsWith("*") ? t.slice(0, -1) : t))) throw new Error("filter terms are malformed, or not sorted and unique");
  }
  return filter;
}

const termHolds = (term, scopes) => scopes.includes(term) || (term.endsWith("*") && scopes.some((s) => s.startsWith(term.slice(0, -1))));
const filterHolds = (filter, scopes) => filter === null || filter.some((terms) => terms.every((t) => termHolds(t, scopes)));

// Balances sums the entries that count.
class Balances {
  constructor() { this.sums = new Map(); }

  add(e) {
    const tuple = `\t${e.fund || ""}\t${e.project || ""}\t${e.organisation || ""}\t${e.district || ""}\t${e.year || ""}\t${e.vintage || ""}\t${e.purpose || ""}\t`;
    for (const [account, fen] of e.lines) {
      const key = account + tuple, sum = (this.sums.get(key) || 0) + fen;
      if (!Number.isSafeInteger(sum)) refuse("balances", "a sum passes 2^53-1 fen");
      this.sums.set(key, sum);
    }
  }

  rows() {
    const keys = [];
    for (const [key, sum] of this.sums) if (sum !== 0) keys.push(key);
    return keys.sort();
  }
}
