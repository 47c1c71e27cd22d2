// The live socket with its back-off, and the asks; the page learns at once when what it shows is not live.
import { accept, learn } from "/static/text.js";

const STEPS_S = [1, 2, 4, 8, 15];
const STALE_MS = 6000;
const KEPT = "switchroom.token";
const WRONG_TOKEN = 4401;

export const token = () => { try { return sessionStorage.getItem(KEPT) || ""; } catch { return ""; } };
export function keepToken(value) {
  try { value ? sessionStorage.setItem(KEPT, value) : sessionStorage.removeItem(KEPT); } catch { /* storage may be barred */ }
}

// Calls `on` with {view}, {facts}, {trend} and {link}; returns {retry, close}.
export function listen(on) {
  let socket = null, timer = null, failures = 0, heard = 0, closed = false;

  function connect() {
    clearTimeout(timer);
    on({ link: { state: failures ? "lost" : "connecting" } });
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const mine = (socket = new WebSocket(`${scheme}://${location.host}/api/v1/live`));
    mine.onopen = () => mine.send(JSON.stringify({ token: token() }));
    mine.onmessage = (message) => {
      if (mine !== socket) return;
      heard = Date.now();
      failures = 0;
      const frame = JSON.parse(message.data);
      if (frame.type === "view") on({ view: frame, link: { state: "live" } });
      else on({ [frame.type]: frame });
    };
    mine.onclose = (event) => {
      if (mine !== socket || closed) return;
      socket = null;
      if (event.code === WRONG_TOKEN) { on({ link: { state: "refused", tried: token() !== "" } }); return; }
      const wait = STEPS_S[Math.min(failures, STEPS_S.length - 1)] * (0.8 + 0.4 * Math.random());
      failures += 1;
      on({ link: { state: "lost", retryAt: Date.now() + wait * 1000 } });
      timer = setTimeout(connect, wait * 1000);
    };
  }

  const watch = setInterval(() => {
    if (socket && heard && Date.now() - heard > STALE_MS) {
      on({ link: { state: "stale", since: heard } });
      if (Date.now() - heard > 4 * STALE_MS) { heard = 0; const old = socket; old.onclose({ code: 0 }); old.close(); }
    }
  }, 1000);

  connect();
  return {
    retry() { failures = 0; const old = socket; socket = null; old?.close(); connect(); },
    close() { closed = true; clearInterval(watch); clearTimeout(timer); socket?.close(); },
  };
}

// Put a wish; resolves to {ok} or {ok: false, status, message} in the reader's language.
export async function ask(path, body = {}) {
  const headers = { "Content-Type": "application/json", "Accept-Language": accept() };
  if (token()) headers.Authorization = `Bearer ${token()}`;
  try {
    const response = await fetch(`/api/v1${path}`, { method: "POST", headers, body: JSON.stringify(body) });
    if (response.ok) return { ok: true };
    const fault = await response.json().catch(() => ({}));
    return { ok: false, status: response.status, message: fault.message || String(response.status) };
  } catch {
    return { ok: false, status: 0, message: "" };
  }
}

export async function reasons() {
  const headers = token() ? { Authorization: `Bearer ${token()}` } : {};
  try {
    const response = await fetch("/api/v1/status", { headers });
    if (!response.ok) return [];
    const named = await fetch("/api/v1/reasons", { headers });
    if (named.ok) learn("reason", await named.json());
    return (await response.json()).not_ready_reasons;
  } catch {
    return [];
  }
}

// What other targets would bring a campaign; resolves to {rows…} or {message} in the reader's language.
export async function foresee(campaign) {
  const headers = { "Accept-Language": accept() };
  if (token()) headers.Authorization = `Bearer ${token()}`;
  try {
    const response = await fetch(`/api/v1/campaigns/${encodeURIComponent(campaign)}/forecast`, { headers });
    return await response.json();
  } catch {
    return { message: "" };
  }
}

// Refusals by rule since an instant; null when the server does not say.
export async function refusals(since) {
  const headers = token() ? { Authorization: `Bearer ${token()}` } : {};
  try {
    const response = await fetch(`/api/v1/refusals?since=${Math.floor(since)}`, { headers });
    return response.ok ? await response.json() : null;
  } catch {
    return null;
  }
}

// The journal's last facts, newest first, for a page that has just opened.
export async function tail() {
  const headers = token() ? { Authorization: `Bearer ${token()}` } : {};
  try {
    const response = await fetch("/api/v1/events?limit=200", { headers });
    return response.ok ? (await response.json()).map((row) => ({ ...row.fact, kind: row.kind, at: row.at })) : [];
  } catch {
    return [];
  }
}
