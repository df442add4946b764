// Recomputes on the reader's own device what the event page says: the hash of
// the body, the leaf of the head, and the root by the inclusion proof
// (RFC 9162, 2.1.3). It sends nothing.
"use strict";
(() => {
  const box = document.querySelector("[data-local]");
  if (!box) return;
  const bytes = (hex) => Uint8Array.from(hex.match(/../g) || [], (x) => parseInt(x, 16));
  const hex = (b) => Array.from(b, (x) => x.toString(16).padStart(2, "0")).join("");
  const sha = async (...parts) => {
    const all = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
    let at = 0;
    for (const p of parts) { all.set(p, at); at += p.length; }
    return new Uint8Array(await crypto.subtle.digest("SHA-256", all));
  };
  const text = (id) => { const e = document.getElementById(id); return e ? e.textContent : ""; };
  const utf8 = (s) => new TextEncoder().encode(s);
  const one = Uint8Array.of(1);

  async function fold(leaf, index, size, proof) {
    let fn = BigInt(index), sn = BigInt(size) - 1n, r = leaf;
    for (const p of proof) {
      if (sn === 0n) return null;
      if (fn % 2n === 1n || fn === sn) {
        r = await sha(one, p, r);
        while (fn % 2n === 0n && fn !== 0n) { fn /= 2n; sn /= 2n; }
      } else {
        r = await sha(one, r, p);
      }
      fn /= 2n; sn /= 2n;
    }
    return sn === 0n ? r : null;
  }

  async function check() {
    const wrong = [];
    const head = text("raw-head"), body = hex(await sha(utf8(text("raw-body"))));
    if (body !== text("body-hash") || JSON.parse(head).body !== body) wrong.push("body");
    const leaf = await sha(Uint8Array.of(0), utf8(head));
    if (hex(leaf) !== text("leaf-hash")) wrong.push("leaf");
    const root = document.getElementById("root");
    if (root) {
      const proof = Array.from(document.querySelectorAll("#proof code"), (e) => bytes(e.textContent));
      const r = await fold(leaf, root.dataset.index, root.dataset.size, proof);
      if (!r || hex(r) !== root.textContent) wrong.push("root");
    }
    return wrong;
  }

  box.hidden = false;
  box.querySelector("button").addEventListener("click", async () => {
    const out = box.querySelector("output");
    if (!(window.crypto && crypto.subtle)) { out.textContent = box.dataset.no; return; }
    try {
      const wrong = await check();
      out.textContent = wrong.length ? box.dataset.bad + wrong.join(", ") : box.dataset.ok;
    } catch (e) {
      out.textContent = box.dataset.bad + e.message;
    }
  });
})();
