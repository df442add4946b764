// The worker's side: one request, progress at most five times a second, one verdict.
let lastReport = 0;
function report(stage, done, total) {
  const now = Date.now();
  if (now - lastReport < 200 && done > 0) return undefined;
  lastReport = now;
  postMessage({ progress: { stage, done, total } });
  return undefined;
}

onmessage = async (message) => {
  postMessage({ verdict: await verify(message.data, report), id: message.data.id });
};
