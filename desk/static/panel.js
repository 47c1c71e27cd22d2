// Dialogs: one agent with what may be asked of him, a question before stopping, the token.
import { html, useEffect, useRef, useState } from "/static/vendor/preact-htm.mjs";
import { count, named, span, t } from "/static/text.js";

function Dialog({ kind, label, onClose, children }) {
  const box = useRef(null);
  useEffect(() => { box.current.showModal(); }, []);
  return html`<dialog ref=${box} class=${kind} aria-label=${label} onClose=${onClose} onCancel=${onClose}
    onClick=${(e) => e.target === box.current && onClose()}><div class="sheet">${children}</div></dialog>`;
}

const MAY = {
  logged_out: ["sign-in"],
  ready: ["not-ready", "sign-out", "leave"],
  reserved: ["leave"],
  ringing: ["leave"],
  talking: ["hold", "hang-up", "not-ready", "leave"],
  hold: ["resume", "hang-up", "leave"],
  consulting: ["resume", "hang-up", "leave"],
  wrap_up: ["ready", "not-ready", "sign-out", "leave"],
  aux: ["ready", "not-ready", "sign-out"],
};

const LEAVE_IN_S = [30, 60, 300];
const OWN_BREAK = { "": ["ask"], waiting: ["withdraw"], offered: ["take", "withdraw"], leaving: ["withdraw"], out: ["end"] };
const LEAD_BREAK = { "": ["grant"], waiting: ["grant", "refuse"], offered: ["take_back"], leaving: ["take_back"], out: ["extend", "take_back"] };
const ON_CALL = new Set(["reserved", "ringing", "talking", "hold", "consulting"]);
const BY_ITSELF = new Set(["not-ready", "leave"]);

export function AgentPanel({ agent, at, reasons, onAsk, onClose }) {
  const may = MAY[agent.state] ?? [];
  const token = agent.break_state ?? "";
  const [leaveFor, setLeaveFor] = useState("");
  const leaving = agent.leaves_at !== null && agent.leaves_at !== undefined;
  const forWhat = (reason) => (reason ? named("reason", reason) : t("ask.leave.sign-out"));
  const put = (verb, body) => onAsk(`/agents/${encodeURIComponent(agent.id)}/${verb}`, body, t(`ask.${verb}`));
  const row = (label, value) => html`<div><dt>${label}</dt><dd>${value}</dd></div>`;
  return html`<${Dialog} kind="drawer" label=${`${agent.id} ${agent.name}`} onClose=${onClose}>
    <header class=${`s-${agent.state}`}><i></i><div><h2>${agent.id} ${agent.name}</h2><p>${t(`state.${agent.state}`)}${agent.reason ? ` · ${named("reason", agent.reason)}` : ""}</p></div>
      <button class="icon" aria-label=${t("ask.close")} onClick=${onClose}>✕</button></header>
    <div class="asks">
      ${may.filter((verb) => !BY_ITSELF.has(verb)).map((verb) => html`<button key=${verb} class=${verb === "hang-up" ? "bad" : verb === "ready" || verb === "sign-in" ? "main" : ""} data-ask=${verb} onClick=${() => put(verb)}>${t(`ask.${verb}`)}</button>`)}
    </div>
    ${may.includes("not-ready") && html`<div class="asks reasons" role="group" aria-label=${t("ask.reason")}><span>${t("ask.not-ready")}</span>
      ${reasons.map((reason) => html`<button key=${reason} data-reason=${reason} onClick=${() => put("not-ready", { reason })}>${named("reason", reason)}</button>`)}</div>`}
    ${agent.state === "wrap_up" && html`<div class="asks"><button data-ask="ready-soon" onClick=${() => put("ready", { in_s: 10 })}>${t("ask.ready_soon")}</button></div>`}
    ${leaving && html`<div class="asks"><button class="main" data-ask="stay" onClick=${() => put("stay")}>${t("ask.stay")}</button></div>`}
    ${!leaving && may.includes("leave") && html`<div class="asks reasons" role="group" aria-label=${t("ask.leave")}><span>${t("ask.leave")}</span>
      <select aria-label=${t("ask.reason")} value=${leaveFor} onChange=${(e) => setLeaveFor(e.target.value)}>${["", ...reasons].map((reason) => html`<option key=${reason} value=${reason}>${forWhat(reason)}</option>`)}</select>
      ${LEAVE_IN_S.map((in_s) => html`<button key=${in_s} data-leave=${in_s} onClick=${() => put("leave", { in_s, reason: leaveFor })}>${t("ask.leave.in", { n: span(in_s) })}</button>`)}</div>`}
    ${agent.state !== "logged_out" && html`<div class="asks reasons" role="group" aria-label=${t("ask.break")}><span>${t("ask.break")}${token ? ` · ${t(`state.${token}`)}` : ""}</span>
      ${OWN_BREAK[token].map((what) => html`<button key=${what} data-break=${what} onClick=${() => put("break", { do: what })}>${t(`ask.break.${what}`)}</button>`)}
      ${LEAD_BREAK[token].map((what) => html`<button key=${what} data-break=${what} onClick=${() => put("break-lead", { do: what })}>${t(`ask.break.${what}`)}</button>`)}</div>`}
    ${ON_CALL.has(agent.state) && html`<div class="asks"><button class="bad" data-ask="force" onClick=${() => put("force", { what: "release" })}>${t("ask.release")}</button></div>`}
    <dl>
      ${agent.by && row(t("agent.by"), agent.by)}
      ${agent.break_until && row(t("agent.break_until"), span(Math.max(0, agent.break_until - at)))}
      ${agent.back_at && row(t("agent.back_at"), span(Math.max(0, agent.back_at - at)))}
      ${leaving && row(t("agent.leaves"), t("agent.leaves_in", { n: span(Math.max(0, agent.leaves_at - at)), what: forWhat(agent.leaves_for) }))}
      ${row(t("agent.for"), span(at - agent.since))}
      ${agent.call && row(t("agent.call"), agent.call)}
      ${row(t("agent.mode"), `${named("mode", agent.mode)} · ${agent.seated ? t("agent.seated") : t("agent.not_seated")}`)}
      ${row(t("agent.server"), agent.server)}
      ${row(t("agent.campaigns"), agent.campaigns.join(", "))}
      ${row(t("agent.calls"), count(agent.calls))}
      ${row(t("agent.talk"), span(agent.talk_s))}
      ${row(t("agent.wrap"), span(agent.wrap_s))}
      ${row(t("agent.idle"), span(agent.idle_s))}
    </dl>
  <//>`;
}

export function Sure({ words, yes, onYes, onClose }) {
  return html`<${Dialog} kind="small" label=${words} onClose=${onClose}><p>${words}</p>
    <div class="asks"><button onClick=${onClose}>${t("ask.sure.no")}</button><button class="bad" data-sure onClick=${() => { onClose(); onYes(); }}>${yes}</button></div><//>`;
}

export function TokenDialog({ wrong, onToken }) {
  const [value, setValue] = useState("");
  return html`<${Dialog} kind="small" label=${t("token.title")} onClose=${() => {}}>
    <form onSubmit=${(e) => { e.preventDefault(); if (value.trim()) onToken(value.trim()); }}>
      <h2>${t("token.title")}</h2><p>${t("link.refused")} ${t("token.hint")}</p>
      ${wrong && html`<p class="wrong" role="alert">${t("token.wrong")}</p>`}
      <input type="password" autocomplete="off" autofocus value=${value} aria-label=${t("token.title")} onInput=${(e) => setValue(e.target.value)} />
      <div class="asks"><button class="main">${t("token.enter")}</button></div>
    </form><//>`;
}
