// The live page: what the floor does now, and the few things a supervisor may ask of it.
import { html, render, useCallback, useEffect, useMemo, useRef, useState } from "/static/vendor/preact-htm.mjs";
import { clock, count, language, named, percent, span, speak, t } from "/static/text.js";
import { ask, keepToken, listen, reasons as askReasons, tail, token } from "/static/link.js";
import { Board, STATES } from "/static/board.js";
import { Campaign, Flow, STAGES } from "/static/campaigns.js";
import { Events } from "/static/events.js";
import { Queues } from "/static/queues.js";
import { AgentPanel, TokenDialog } from "/static/panel.js";
import { Refusals } from "/static/refusals.js";
import { Plot } from "/static/plots.js";

const MOST_FACTS = 240;
const MOST_POINTS = 180;
const BUSY = new Set(["ringing", "talking", "hold", "consulting", "wrap_up"]);
let serial = 0;

function useFloor() {
  const [floor, setFloor] = useState({ view: null, facts: [], skipped: 0, trend: [], hours: {}, link: { state: "connecting" } });
  const live = useRef(null);
  useEffect(() => {
    live.current = listen((told) => setFloor((was) => {
      const now = { ...was };
      if (told.link) now.link = told.link;
      if (told.view) now.view = told.view;
      if (told.facts) {
        const fresh = told.facts.facts.map((fact) => ({ ...fact, n: ++serial })).reverse();
        now.facts = [...fresh, ...was.facts].slice(0, MOST_FACTS);
        now.skipped = was.skipped + told.facts.skipped;
      }
      if (told.hours) now.hours = told.hours.campaigns;
      if (told.trend) now.trend = (told.trend.whole ? told.trend.points : [...was.trend, ...told.trend.points]).slice(-MOST_POINTS);
      return now;
    }));
    return () => live.current.close();
  }, []);
  const shown = floor.view !== null;
  useEffect(() => {
    if (shown) tail().then((older) => setFloor((was) => {
      const first = was.facts.at(-1)?.at ?? Infinity;
      return { ...was, facts: [...was.facts, ...older.filter((fact) => fact.at < first).map((fact) => ({ ...fact, n: `o${++serial}` }))].slice(0, MOST_FACTS) };
    }));
  }, [shown]);
  return [floor, () => live.current.retry()];
}

function Notice({ link, view, onRetry }) {
  const [, tick] = useState(0);
  useEffect(() => { const timer = setInterval(() => tick((n) => n + 1), 1000); return () => clearInterval(timer); }, []);
  if (link.state !== "lost" && link.state !== "stale") return null;
  const words = link.state === "stale" ? t("link.stale", { s: Math.round((Date.now() - link.since) / 1000) })
    : t("link.lost", { time: view ? clock(view.at) : "–", in: Math.max(0, Math.ceil(((link.retryAt ?? Date.now()) - Date.now()) / 1000)) });
  return html`<div class="banner lost" role="alert"><span>${words}</span><button onClick=${onRetry}>${t("link.retry")}</button></div>`;
}

function Alarms({ alarms }) {
  if (!alarms.length) return null;
  const kinds = new Map();
  for (const alarm of alarms) kinds.set(alarm.alarm, [...(kinds.get(alarm.alarm) ?? []), alarm]);
  return html`<section class="banner alarms" role="alert" aria-label=${t("head.alarms")}><b>${t("head.alarms")} ${alarms.length}</b>
    <ul>${[...kinds].map(([kind, all]) => html`<li key=${kind}>${t(`alarm.${kind}`, all.at(-1).words)}${all.length > 1 ? ` × ${all.length}` : ""} · <b>${all.at(-1).about}</b> <time>${clock(all.at(-1).since)}</time></li>`)}</ul></section>`;
}

function Tiles({ view, trend }) {
  const states = {};
  for (const agent of view.agents) states[agent.state] = (states[agent.state] ?? 0) + 1;
  const inside = view.agents.length - (states.logged_out ?? 0);
  const working = inside - (states.aux ?? 0);
  const busy = view.agents.filter((agent) => BUSY.has(agent.state)).length;
  const last = trend.at(-1);
  const target = view.campaigns.length ? Math.min(...view.campaigns.map((c) => c.target_abandon)) : null;
  const line = (name) => useMemo(() => trend.map((point) => [point.at, point[name]]), [trend]);
  let x = 0;
  const bars = STATES.map((state) => { const width = ((states[state] ?? 0) / Math.max(1, view.agents.length)) * 100; const bar = html`<rect class=${`s-${state}`} x=${x} width=${Math.max(0, width - 0.4)} height="10" />`; x += width; return bar; });
  const whole = (v) => `${Math.round(v * 100)}%`;
  return html`<section class="tiles" aria-label=${t("head.trend")}>
    <div class="card tile"><h2>${t("tile.agents")}</h2><p><b>${count(inside)}</b><span>${t("tile.of", { n: count(view.agents.length) })} · ${t("tile.free", { n: states.ready ?? 0 })}</span></p>
      <svg class="mix" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">${bars}</svg>
      <ul class="legend">${STATES.filter((s) => states[s]).map((state) => html`<li key=${state} class=${`s-${state}`}><i></i>${t(`state.${state}`)} <b>${states[state]}</b></li>`)}</ul></div>
    <div class="card tile"><h2>${t("plot.calls")}</h2><p><b>${last ? count(last.calls_per_min) : "–"}</b><span>${t("plot.span")}</span></p>
      <${Plot} points=${line("calls_per_min")} tint="--talking" floor=${10} show=${(v) => count(Math.round(v))} label=${t("plot.calls")} /></div>
    <div class="card tile"><h2>${t("plot.abandon")}</h2><p class=${last?.abandon_rate > target ? "over" : ""}><b>${percent(last?.abandon_rate, 2)}</b><span>${target == null ? "" : t("tile.target", { p: percent(target) })}${last?.abandon_rate > target ? ` · ${t("campaign.over")}` : ""}</span></p>
      <${Plot} points=${line("abandon_rate")} tint="--ringing" floor=${0.04} target=${target} show=${(v) => `${+(v * 100).toFixed(1)}%`} label=${t("plot.abandon")} /></div>
    <div class="card tile"><h2>${t("plot.utilisation")}</h2><p><b>${working ? percent(busy / working, 0) : "–"}</b><span>${t("plot.span")}</span></p>
      <${Plot} points=${line("utilisation")} tint="--ready" floor=${1} most=${1} show=${whole} label=${t("plot.utilisation")} /></div>
  </section>`;
}

function Lines({ trunks, servers }) {
  return html`<section class="card lines"><header><h2>${t("head.servers")}</h2></header>
    ${servers.length === 0 && html`<p class="none">${t("none.servers")}</p>`}
    <ul>${servers.map((server) => html`<li key=${server.id}><b>${server.id}</b><span class=${`pill l-${server.state}`}><i></i>${named("server_state", server.state)}</span>
      <small>${server.version}${server.lag_ms == null ? "" : ` · ${t("server.lag", { ms: server.lag_ms.toFixed(1) })}`}${server.why ? ` · ${server.why}` : ""}</small></li>`)}</ul>
    <header><h2>${t("head.trunks")}</h2></header>
    ${trunks.length === 0 && html`<p class="none">${t("none.trunks")}</p>`}
    <ul>${trunks.map((trunk) => html`<li key=${trunk.id}><b>${trunk.id}</b><span class=${`pill l-${trunk.state}`}><i></i>${named("trunk_state", trunk.state)}</span>
      <svg viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true"><rect class="track" width="100" height="6"/><rect class="fill" width=${Math.min(100, (trunk.busy / Math.max(1, trunk.channels)) * 100)} height="6"/></svg>
      <small>${t("trunk.busy", trunk)} · ${t("trunk.cps", { cps: trunk.cps })} · ${t("trunk.answered", { answered: count(trunk.answered), placed: count(trunk.placed) })}</small></li>`)}</ul></section>`;
}

function Page() {
  const [floor, retry] = useFloor();
  const { view, facts, link, trend, hours, skipped } = floor;
  const [, redraw] = useState(0);
  const [picked, setPicked] = useState(null);
  const [reasons, setReasons] = useState([]);
  const [toast, setToast] = useState(null);
  const live = link.state === "live";
  useEffect(() => { if (live && !reasons.length) askReasons().then(setReasons); }, [live]);
  useEffect(() => { if (!toast) return undefined; const timer = setTimeout(() => setToast(null), 5000); return () => clearTimeout(timer); }, [toast]);
  useEffect(() => { document.title = `${t("app.name")} · ${t("app.sub")}`; });
  const onAsk = useCallback(async (path, body, what) => {
    const answer = await ask(path, body);
    setToast(answer.ok ? { good: true, words: t("ask.done", { what }) } : { words: t("ask.failed", { why: answer.message || t("code.unreachable") }) });
    if (answer.ok) setPicked(null);
    if (answer.status === 401) { keepToken(""); retry(); }
  }, []);
  const agent = view?.agents.find((one) => one.id === picked);
  const titles = useMemo(() => Object.fromEntries((view?.campaigns ?? []).map((c) => [c.id, c.title])), [view]);
  const stages = {};
  for (const campaign of view?.campaigns ?? []) for (const stage of STAGES) stages[stage] = (stages[stage] ?? 0) + (campaign.stages[stage] ?? 0);
  return html`
    <a class="skip" href="#agents">${t("app.skip")}</a>
    <header class="top"><img src="/static/icon.svg" alt="" width="28" height="28" /><h1>${t("app.name")}<small>${t("app.sub")}</small></h1>
      <span class=${`pill link l-${live ? "up" : link.state === "connecting" ? "probing" : "lost"}`} role="status" data-link=${link.state}><i></i>${live ? t("link.live") : link.state === "connecting" ? t("link.connecting") : t("server_state.lost")}</span>
      ${view?.simulated && html`<span class="pill simulated" title=${t("app.simulated.hint")}>${t("app.simulated")}</span>`}
      <span class="grow"></span>
      ${view && html`<time class="now">${clock(view.at)}</time>`}
      ${token() && html`<button class="quiet" onClick=${() => { keepToken(""); retry(); }}>${t("token.forget")}</button>`}
      <button class="quiet" data-language title=${t("app.language.hint")} onClick=${() => { speak(language() === "zh" ? "en" : "zh"); redraw((n) => n + 1); }}>${t("app.language")}</button></header>
    <${Notice} link=${link} view=${view} onRetry=${retry} />
    ${view && html`<main class=${live ? "" : "old"} aria-busy=${!live}>
      <${Alarms} alarms=${view.alarms} />
      <${Tiles} view=${view} trend=${trend} />
      ${view.campaigns.length > 1 && html`<div class="card whole"><h2>${t("head.flow")}</h2><${Flow} stages=${stages} /></div>`}
      <div class="columns"><div class="left">
        <${Queues} queues=${view.queues} surge=${view.surge} />
        <section aria-label=${t("head.campaigns")} class="campaigns">${view.campaigns.length === 0 && !view.queues?.length && html`<p class="card none">${t("none.campaigns")}</p>`}
          ${view.campaigns.map((campaign) => html`<${Campaign} key=${campaign.id} campaign=${campaign} stocks=${(view.stocks ?? []).filter((stock) => stock.campaign === campaign.id)} minutes=${hours[campaign.id]} onAsk=${onAsk} />`)}</section>
        <${Board} agents=${view.agents} at=${view.at} onPick=${setPicked} />
      </div><aside class="right"><${Lines} trunks=${view.trunks} servers=${view.servers} /><${Refusals} at=${view.at} live=${live} /><${Events} facts=${facts} titles=${titles} skipped=${skipped} /></aside></div>
      <footer>Switchroom ${view.version}</footer>
    </main>`}
    ${agent && html`<${AgentPanel} key=${agent.id} agent=${agent} at=${view.at} reasons=${reasons} onAsk=${onAsk} onClose=${() => setPicked(null)} />`}
    ${link.state === "refused" && html`<${TokenDialog} wrong=${link.tried} onToken=${(value) => { keepToken(value); retry(); }} />`}
    <div class="toast" role="status" aria-live="polite">${toast && html`<span class=${toast.good ? "good" : "bad"}>${toast.words}</span>`}</div>`;
}

render(html`<${Page} />`, document.getElementById("page"));
