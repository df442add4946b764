// The page's side: fields, progress, the verdict in words. Nothing is sent anywhere.
(() => {
"use strict";

const workerAddress = document.currentScript && document.currentScript.dataset.worker;
const $ = (id) => document.getElementById("verify-" + id);
const english = () => document.documentElement.lang === "en";
const count = (n) => Number(n).toLocaleString("en-US");

function element(name, attributes, ...children) {
  const e = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) e.setAttribute(key, value);
  e.append(...children);
  return e;
}

// both gives a text in the two languages; the style sheet shows that of the page.
function both(zh, en) {
  const out = document.createDocumentFragment();
  out.append(element("span", { lang: "zh-CN" }, zh), element("span", { lang: "en" }, en));
  return out;
}

const STAGES = {
  reading: ["读取", "reading"], heads: ["事件头与正文", "heads and bodies"], tree: ["默克尔树", "tree"],
  signatures: ["签名", "signatures"], balances: ["余额", "balances"],
};

// Of each refusal code (FORMAT.md 14): what is wrong, and what is likely the reason or to be done.
const CODES = {
  container: ["压缩包格式不符", "the container is not that of the format", "文件下载不完整，或被其他软件重新压缩过。请重新取得原文件。", "An incomplete download, or packed again by another program. Get the original file."],
  manifest: ["清单不符或未由可信的导出密钥签名", "the MANIFEST is malformed or not signed by a trusted export key", "信任文件不是这个账本的，或包被改动过。", "The trust file is of another ledger, or the package was changed."],
  files: ["文件大小或哈希与清单不符", "size or hash of a file differs from the MANIFEST", "包内文件被改动过。", "A file in the package was changed."],
  checkpoint: ["检查点不符或未由可信的账本密钥签名", "the checkpoint is malformed or not signed by a trusted log key", "密钥已停用、检查点属于别的账本，或被改动过。", "A retired key, a checkpoint of another ledger, or a change."],
  sm2: ["缺少国密 SM2 签名", "the SM2 signature is missing", "请向账本方索取带 SM2 签名的包。", "Ask the operator for a package with an SM2 signature."],
  witness: ["见证人签名不足", "too few witness signatures", "请等见证人签名后重新导出。", "Export again after the witnesses have signed."],
  stale: ["见证时间过旧", "the witness time is too old", "可能是旧包。请索取新包。", "Perhaps an old package. Ask for a new one."],
  kept: ["留存的检查点无效", "a kept checkpoint is not valid", "请确认选择的是以前保存的 checkpoint 文件。", "Make sure that you chose a checkpoint file kept earlier."],
  rollback: ["本包比您留存的检查点少", "the package is smaller than a checkpoint you kept", "账本可能被回退，或这是旧包。请保存两份文件并询问。", "The ledger may have been rolled back, or this is an old package. Keep both files and ask."],
  prefix: ["留存的检查点都早于本包起点", "all kept checkpoints lie before the start of the package", "请用从头开始的完整包核对。", "Check with a package from the beginning."],
  count: ["条数与清单不符", "numbers differ from the MANIFEST", "有事件被删去或添加。", "Events were left out or added."],
  head: ["事件头不合格式", "a head is not of the format", "事件头被改动过。", "A head was changed."],
  order: ["事件顺序或版本不连续", "ids or versions do not continue", "有事件被删去、调换或插入。", "Events were left out, swapped or inserted."],
  time: ["时间与见证或导出时间矛盾", "times contradict witnesses or the export", "记账时间可能被改写，或时钟有误。", "Recording times may have been rewritten, or a clock was wrong."],
  body: ["正文与摘要不符", "a body does not match its digest", "正文被改动、删去或替换。", "A body was changed, left out or replaced."],
  entries: ["分录不合规则或不平", "entries are malformed or do not balance", "记账程序有误或被改写。", "A faulty or changed program wrote them."],
  scopes: ["分录超出事件的范围标记", "entries go beyond the scopes of their head", "事件头少了范围标记，筛选包会漏掉它。", "The head lacks a scope, so that filtered packages would miss the event."],
  withheld: ["有正文被隐去", "a body is withheld", "如事先约定可以隐去，请勾选“允许隐去正文”。", "If this was agreed, tick “bodies may be withheld”."],
  trust: ["账本的信任文件与您的不一致", "the ledger's trust text differs from yours", "账本可能已换用新的信任文件，请经另外的渠道取得。", "There may be a new trust file; get it by another channel."],
  seal: ["账内封存点不符", "a seal inside the ledger does not match", "封存之后事件被改动过。", "Events were changed after they were sealed."],
  fork: ["与您留存的检查点不是同一历史", "another history than that of a checkpoint you kept", "账本方向不同的人出示了不同的历史。请保存两份文件。", "Two histories were shown to different people. Keep both files."],
  root: ["事件算不出签名的根", "the events do not give the signed root", "有事件被改动过。", "Events were changed."],
  balances: ["余额与分录之和不符", "the balances are not the sums of the entries", "余额表被改动过。", "The table of balances was changed."],
};

const UNKNOWN = {
  trust: ["没有可用的可信公钥", "no usable trusted keys"], browser: ["浏览器过旧，不能解压", "the browser is too old to inflate"],
  file: ["文件无法读取或认不出", "the file cannot be read or recognised"], internal: ["程序内部错误", "an internal error"],
  none: ["没有可信公钥", "no trusted keys were given"], nofile: ["没有选择文件", "no file was chosen"],
};

function headline(v) {
  const at = v.position ? [`第 ${count(v.position)} 条：`, `event ${count(v.position)}: `] : ["", ""];
  if (v.verdict === "refused") {
    const [zh, en] = CODES[v.code] || [v.code, v.code];
    return both(`✗ 不可信：${at[0]}${zh}`, `✗ Not reliable: ${at[1]}${en}`);
  }
  if (v.verdict === "unknown") return both(`? 无法判断：${UNKNOWN[v.code][0]}`, `? No verdict: ${UNKNOWN[v.code][1]}`);
  if (v.kind === "event") return both(`✓ 可信：第 ${count(v.position)} 条事件在签名的账本之内`, `✓ Reliable: event ${count(v.position)} is in the signed ledger`);
  if (v.kind === "checkpoint") return both("✓ 可信：检查点签名有效", "✓ Reliable: the signatures of the checkpoint are valid");
  return both(`✓ 可信：${count(v.heads)} 条事件连续无缺，签名有效`, `✓ Reliable: ${count(v.heads)} events without a gap, signatures valid`);
}

// facts gives rows of [zh, en, value].
function facts(v) {
  const none = both("无", "none"), list = (a) => (a && a.length ? a.join(", ") : none);
  const rows = [["账本", "ledger", v.origin], ["规模", "size", count(v.size)], ["根", "root", element("code", {}, v.root)]];
  if (v.kind === "package") {
    rows.push(["范围", "positions", `${count(v.start + 1)} – ${count(v.size)}`], ["正文", "bodies", count(v.bodies)], ["其中隐去", "withheld", count(v.withheld)]);
    rows.push(["筛选", "filter", v.filter === "all" ? both("全部", "all") : v.filter.map((t) => t.join(" + ")).join(" | ")], ["导出时间", "exported", v.exported]);
    rows.push(["余额行数", "balance rows", count(v.rows)], ["核对的封存点", "seals checked", count(v.seals)]);
  }
  if (v.kind === "event") rows.push(["事件", "event", `${v.id} ${v.type}`], ["事项", "subject", `${v.subject} v${v.version}`], ["入账时间", "recorded", v.time]);
  rows.push(["签名", "signed", list(v.signed)], ["见证人", "witnesses", list(v.cosigned.map((w) => `${w.name} ${w.time}`))]);
  if (v.kept) rows.push(["相符的留存检查点", "kept checkpoints matched", list(v.kept)]);
  rows.push(["信任文件版本", "trust version", String(v.trust_version)]);
  return rows;
}

function factTable(rows) {
  const body = element("tbody", {});
  for (const [zh, en, value] of rows) body.append(element("tr", {}, element("th", { scope: "row" }, both(zh, en)), element("td", {}, value)));
  return element("table", {}, element("caption", {}, both("核验结果", "Result")), body);
}

const yuan = (fen) => {
  const n = BigInt(fen), abs = (n < 0n ? -n : n).toString().padStart(3, "0");
  const text = abs.slice(0, -2).replace(/\B(?=(\d{3})+$)/g, ",") + "." + abs.slice(-2);
  return n < 0n ? `(${text})` : text;
};

const COLUMNS = [["科目", "account"], ["资金", "fund"], ["项目", "project"], ["机构", "organisation"], ["区划", "district"], ["年度", "year"], ["指标年度", "vintage"], ["用途", "purpose"], ["金额（元）", "amount (CNY)"]];

function balanceTable(v) {
  const body = element("tbody", {});
  for (const row of v.balances) body.append(element("tr", {}, ...row.map((cell, i) => element("td", i === 8 ? { class: "fen" } : {}, i === 8 ? yuan(cell) : cell))));
  const head = element("tr", {}, ...COLUMNS.map(([zh, en]) => element("th", { scope: "col" }, both(zh, en))));
  const caption = v.rows > v.balances.length ? both(`余额（前 ${v.balances.length} 行，共 ${count(v.rows)} 行，全部已核对）`, `Balances (the first ${v.balances.length} of ${count(v.rows)} rows; all were checked)`) : both("余额", "Balances");
  return element("div", { class: "wide", tabindex: "0", role: "region", "aria-label": english() ? "Balances" : "余额" }, element("table", {}, element("caption", {}, caption), element("thead", {}, head), body));
}

function notes(v) {
  const out = [], add = (zh, en) => out.push(element("p", {}, both(zh, en)));
  if (v.kind === "package" && v.filter !== "all") add("本包只含上列范围的正文；其余只有摘要，但一条不少。", "The package holds the bodies of this filter only; of all other events there is the digest, and none is missing.");
  if (v.kind === "package" && v.start > 0) add(`第 1 至 ${count(v.start)} 条由根固定，但未检查。`, `Positions 1 to ${count(v.start)} are fixed by the root but were not examined.`);
  if (v.cosigned.length === 0 && !(v.kept && v.kept.length)) add("不能排除另有一份不同的历史。请与其他持有人核对根。", "A second, different history cannot be excluded. Compare the root with another holder.");
  return out;
}

function keepLink(v) {
  const link = element("a", { download: `checkpoint-${v.size}`, href: URL.createObjectURL(new Blob([v.checkpoint], { type: "text/plain" })) }, both("保存本次检查点，供下次核验", "Keep this checkpoint for the next check"));
  return element("p", {}, link);
}

function fault(v) {
  const rows = [["代码", "code", element("code", {}, v.code)], ["说明", "reason", element("span", {}, v.reason || "")]];
  if (v.position) rows.push(["位置", "position", count(v.position)]);
  for (const [name, zh] of [["expected", "应为"], ["found", "实为"]]) if (v[name]) rows.push([zh, name, element("code", {}, v[name])]);
  const out = [factTable(rows)], likely = v.verdict === "refused" && CODES[v.code];
  if (likely) out.push(element("p", {}, both(`可能的原因：${likely[2]}`, `Likely: ${likely[3]}`)), element("p", {}, both("请不要依据这份文件。", "Do not rely on this file.")));
  return out;
}

function show(v) {
  const box = $("verdict");
  box.replaceChildren(element("h2", { class: "verdict" }, headline(v)));
  if (v.verdict === "ok") {
    box.append(factTable(facts(v)), ...notes(v), keepLink(v));
    if (v.kind === "package" && v.balances.length) box.append(balanceTable(v));
  } else {
    box.append(...fault(v));
  }
  box.dataset.verdict = v.verdict;
  box.dataset.code = v.code || "";
  box.hidden = false;
  box.focus();
}

function startWorker() {
  if (workerAddress) return new Worker(workerAddress);
  return new Worker(URL.createObjectURL(new Blob([workerSource], { type: "text/javascript" })));
}

let running = null;

function progress({ stage, done, total }) {
  const words = STAGES[stage], share = total > 0 && done > 0 ? ` ${count(done)} / ${count(total)}` : "";
  $("progress").replaceChildren(both(`正在核验：${words[0]}${share}`, `Checking: ${words[1]}${share}`));
}

function finish(v) {
  if (running) running.terminate();
  running = null;
  $("run").disabled = false;
  $("progress").replaceChildren();
  show(v);
}

async function request() {
  let trust = $("trust").value;
  if (trust !== "" && !trust.endsWith("\n")) trust += "\n";
  const kept = [];
  for (const f of $("kept").files) kept.push(new Uint8Array(await f.arrayBuffer()));
  const policy = {
    requireSM2: $("sm2").checked, quorum: Number($("quorum").value) || 0, maxAgeSeconds: (Number($("age").value) || 0) * 86400,
    allowWithheld: $("withheld").checked, now: Date.now(),
  };
  return { file: $("file").files[0], trust, kept, policy };
}

async function run(event) {
  event.preventDefault();
  if (running) return;
  try {
    const r = await request();
    if (!r.file || !r.trust) return finish({ verdict: "unknown", code: r.file ? "none" : "nofile" });
    $("run").disabled = true;
    $("verdict").hidden = true;
    running = startWorker();
    running.onmessage = ({ data }) => (data.progress ? progress(data.progress) : finish(data.verdict));
    running.onerror = (e) => finish({ verdict: "unknown", code: "internal", reason: e.message });
    running.postMessage(r);
  } catch (e) {
    finish({ verdict: "unknown", code: "file", reason: e.message });
  }
  return undefined;
}

function drop(event) {
  event.preventDefault();
  $("form").classList.remove("dropping");
  if (event.dataTransfer.files.length !== 1) return;
  $("file").files = event.dataTransfer.files;
}

$("form").hidden = false;
$("form").addEventListener("submit", run);
$("form").addEventListener("dragover", (e) => { e.preventDefault(); $("form").classList.add("dropping"); });
$("form").addEventListener("dragleave", () => $("form").classList.remove("dropping"));
$("form").addEventListener("drop", drop);
$("trust-file").addEventListener("change", async () => {
  if ($("trust-file").files[0]) $("trust").value = await $("trust-file").files[0].text();
});
const other = document.getElementById("verify-language");
if (other) other.addEventListener("click", () => { document.documentElement.lang = english() ? "zh-CN" : "en"; });
})();
