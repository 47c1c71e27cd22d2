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
  ready: ["not-ready", "sign-out"],
  reserved: [],
  ringing: [],
  talking: ["hold", "hang-up", "not-ready"],
  hold: ["resume", "hang-up"],
  wrap_up: ["ready", "not-ready", "sign-out"],
  aux: ["ready", "not-ready", "sign-out"],
};

export function AgentPanel({ agent, at, reasons, onAsk, onClose }) {
  const may = MAY[agent.state] ?? [];
  const put = (verb, body) => onAsk(`/agents/${encodeURIComponent(agent.id)}/${verb}`, body, t(`ask.${verb}`));
  const row = (label, value) => html`<div><dt>${label}</dt><dd>${value}</dd></div>`;
  return html`<${Dialog} kind="drawer" label=${`${agent.id} ${agent.name}`} onClose=${onClose}>
    <header class=${`s-${agent.state}`}><i></i><div><h2>${agent.id} ${agent.name}</h2><p>${t(`state.${agent.state}`)}${agent.reason ? ` · ${named("reason", agent.reason)}` : ""}</p></div>
      <button class="icon" aria-label=${t("ask.close")} onClick=${onClose}>✕</button></header>
    <div class="asks">
      ${may.filter((verb) => verb !== "not-ready").map((verb) => html`<button key=${verb} class=${verb === "hang-up" ? "bad" : verb === "ready" || verb === "sign-in" ? "main" : ""} data-ask=${verb} onClick=${() => put(verb)}>${t(`ask.${verb}`)}</button>`)}
    </div>
    ${may.includes("not-ready") && html`<div class="asks reasons" role="group" aria-label=${t("ask.reason")}><span>${t("ask.not-ready")}</span>
      ${reasons.map((reason) => html`<button key=${reason} data-reason=${reason} onClick=${() => put("not-ready", { reason })}>${named("reason", reason)}</button>`)}</div>`}
    <dl>
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
