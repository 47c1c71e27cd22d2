// Campaigns: how fast and why, the abandon rate against its target and what is left of it, outcomes, and the buttons.
import { html, useState } from "/static/vendor/preact-htm.mjs";
import { clock, count, named, percent, t } from "/static/text.js";
import { Sure } from "/static/panel.js";
import { Foresight, Hour } from "/static/pacing.js";

export const STAGES = ["dialling", "ringing", "waiting", "talking"];
const MOST_OUTCOMES = 6;
const MAY = { running: ["pause", "drain", "stop"], paused: ["start", "drain", "stop"], draining: ["start", "pause", "stop"], stopped: ["start"] };

function Against({ rate, target }) {
  const full = Math.max(target * 2, (rate ?? 0) * 1.1, 0.001);
  const over = rate != null && rate > target;
  return html`<div class=${over ? "against over" : "against"}>
    <div class="figures"><b>${percent(rate, 2)}</b><span>${t("campaign.target", { p: percent(target) })}${rate != null ? ` · ${over ? t("campaign.over") : t("campaign.within")}` : ""}</span></div>
    <svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true"><rect class="track" width="100" height="8" rx="1.5"/><rect class="fill" width=${((rate ?? 0) / full) * 100} height="8" rx="1.5"/><rect class="mark" x=${(target / full) * 100 - 0.4} width="0.8" height="8"/></svg>
  </div>`;
}

// What the target leaves: customers who may still find nobody, or live answers without one until it is kept again.
function Budget({ campaign }) {
  const contract = campaign.contracts?.[0] ?? { counted: campaign.connected + campaign.abandoned, abandoned: campaign.abandoned };
  const live = contract.counted, target = campaign.target_abandon;
  if (!live || campaign.mode !== "predictive") return null;
  const left = target * live - contract.abandoned;
  const owed = target > 0 ? Math.ceil(-left / target) : contract.abandoned;
  return html`<p class=${left < 0 ? "budget over" : "budget"} data-budget>${left < 0 ? t("budget.debt", { n: count(owed) }) : t("budget.credit", { n: count(Math.floor(left)) })}${campaign.risk_cap != null && html` · ${t("budget.cap", { p: percent(campaign.risk_cap) })}`}</p>`;
}

function Outcomes({ outcomes }) {
  const rows = Object.entries(outcomes).filter(([, n]) => n > 0).sort((a, b) => b[1] - a[1]).slice(0, MOST_OUTCOMES);
  const total = Object.values(outcomes).reduce((sum, n) => sum + n, 0);
  if (!total) return html`<p class="none">${t("campaign.no_outcomes")}</p>`;
  return html`<ul class="outcomes">${rows.map(([name, n]) => html`<li key=${name}><span>${named("outcome", name)}</span>
    <svg viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true"><rect class="track" width="100" height="6"/><rect class="fill" width=${(n / rows[0][1]) * 100} height="6"/></svg>
    <b>${count(n)}</b><em>${percent(n / total, 0)}</em></li>`)}</ul>`;
}

export function Flow({ stages }) {
  const most = Math.max(1, ...STAGES.map((stage) => stages[stage] ?? 0));
  return html`<section class="flow" aria-label=${t("head.flow")}>${STAGES.map((stage, index) => html`<div key=${stage} class=${`stage f-${stage}`}>
      <span>${t(`stage.${stage}`)}</span><b data-stage=${stage}>${count(stages[stage])}</b>
      <svg viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true"><rect class="track" width="100" height="4"/><rect class="fill" width=${((stages[stage] ?? 0) / most) * 100} height="4"/></svg>
      ${index < 3 && html`<i aria-hidden="true"></i>`}</div>`)}</section>`;
}

function Stocks({ stocks }) {
  if (!stocks.length) return null;
  return html`<p class="supply stocks">${t("stock.title")} ${stocks.map((stock) => html`<span key=${stock.group} data-stock=${stock.group} class=${stock.dry_at != null ? "dry" : ""}>${stock.group} <b>${t("stock.left", { n: count(stock.left) })}</b>
    ${stock.per_hour != null && html`· ${t("stock.rate", { n: count(Math.round(stock.per_hour)) })}`} · ${stock.dry_at != null ? html`<b>${t("stock.dry", { at: clock(stock.dry_at).slice(0, 5) })}</b>` : t("stock.lasts")}</span>`)}</p>`;
}

export function Campaign({ campaign, stocks, minutes, onAsk }) {
  const [sure, setSure] = useState(false);
  const may = MAY[campaign.state] ?? ["start", "pause", "drain", "stop"];
  const title = campaign.title || campaign.id;
  const put = (verb) => onAsk(`/campaigns/${encodeURIComponent(campaign.id)}/${verb}`, {}, `${t(`ask.${verb}`)} · ${title}`);
  const agents = Object.entries(campaign.agents).filter(([, n]) => n > 0);
  return html`<article class="card campaign" data-campaign=${campaign.id} data-state=${campaign.state}>
    <header><div><h3>${title}</h3><p><span class=${`pill c-${campaign.state}`}><i></i>${named("campaign_state", campaign.state)}</span><span class="pill">${named("mode", campaign.mode)}</span></p></div>
      <div class="asks">${["start", "pause", "drain", "stop"].map((verb) => html`<button key=${verb} class=${verb === "start" ? "main" : verb === "stop" ? "bad" : ""} data-ask=${verb} title=${t(`ask.${verb}.hint`)}
        disabled=${!may.includes(verb)} onClick=${() => (verb === "stop" ? setSure(true) : put(verb))}>${t(`ask.${verb}`)}</button>`)}</div></header>
    <${Flow} stages=${campaign.stages} />
    <p class="why"><b>${t("campaign.pace")} ${t("campaign.pace.unit", { n: count(Math.round(campaign.pace * 60)) })}</b><span>${t(campaign.reason_code || "pace.unknown", campaign.reason_words)}</span></p>
    <div class="rates">
      <div><h4>${t("campaign.abandon")}</h4><${Against} rate=${campaign.abandon_rate} target=${campaign.target_abandon} /><${Budget} campaign=${campaign} /></div>
      ${(campaign.contracts ?? []).slice(1).map((one) => html`<div key=${one.name} data-contract=${one.name}><h4>${t("campaign.contract", { name: one.name })}</h4><${Against} rate=${one.rate} target=${one.target} /><small>${t("campaign.contract.count", { n: count(one.abandoned), of: count(one.counted), left: count(one.left) })}</small></div>`)}
      <div><h4>${t("campaign.answer")}</h4><div class="figures"><b>${percent(campaign.answer_rate)}</b><span>${t("campaign.answered")} ${count(campaign.answered)} · ${t("campaign.placed")} ${count(campaign.placed)}</span></div></div>
    </div>
    <${Hour} minutes=${minutes} target=${campaign.target_abandon} />
    <${Foresight} campaign=${campaign} />
    <div class="lower"><dl>
      ${[["connected", campaign.connected], ["abandoned", campaign.abandoned], ["refused", campaign.refused], ["hopper", campaign.hopper]].map(([name, n]) => html`<div key=${name}><dt>${t(`campaign.${name}`)}</dt><dd>${count(n)}</dd></div>`)}
    </dl><div><h4>${t("campaign.outcomes")}</h4><${Outcomes} outcomes=${campaign.outcomes} /></div></div>
    ${agents.length > 0 && html`<p class="supply">${t("campaign.agents")} ${agents.map(([name, n]) => html`<span key=${name}>${named("supply", name)} <b>${count(n)}</b></span>`)}</p>`}
    <${Stocks} stocks=${stocks} />
    ${sure && html`<${Sure} words=${t("ask.stop.sure", { title })} yes=${t("ask.sure.yes")} onYes=${() => put("stop")} onClose=${() => setSure(false)} />`}
  </article>`;
}
