// Queues: who waits and how long, whether callers are answered in time, and the surge plan above them.
import { html } from "/static/vendor/preact-htm.mjs";
import { clock, count, named, percent, span, t } from "/static/text.js";

// A share of 1 as a bar with the mark of what is aimed at.
function Level({ share, aim }) {
  return html`<svg class="level" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true"><rect class="track" width="100" height="8" rx="1.5"/>
    <rect class="fill" width=${Math.max(0, Math.min(1, share ?? 0)) * 100} height="8" rx="1.5"/><rect class="mark" x=${aim * 100 - 0.4} width="0.8" height="8"/></svg>`;
}

const AIM = 0.8;

function Queue({ queue }) {
  const lately = queue.recent_service_levels?.offered;
  const today = queue.service_levels?.offered;
  const late = queue.waiting > 0 && queue.longest_s > queue.threshold_s;
  const below = (lately ?? today) != null && (lately ?? today) < AIM;
  return html`<article class=${`card queue${late ? " late" : ""}`} data-queue=${queue.id}>
    <header><h3>${queue.title || queue.id}</h3><span class="pill">${t("queue.ready", { n: queue.ready })}</span><span class="pill">${t("queue.busy", { n: queue.busy })}</span></header>
    <div class="waits"><div><span>${t("queue.waiting")}</span><b data-waiting>${count(queue.waiting)}</b></div>
      <div class=${late ? "over" : ""}><span>${t("queue.longest")}</span><b>${queue.waiting ? span(queue.longest_s) : "–"}</b></div>
      <div><span>${t("queue.expected")}</span><b>${queue.expected_s == null ? "–" : span(queue.expected_s)}</b></div></div>
    <div class=${below ? "served over" : "served"}><div class="figures"><b data-level>${percent(lately ?? today, 0)}</b>
      <span>${t("queue.in_time", { s: queue.threshold_s })} · ${lately == null ? t("queue.today") : t("queue.lately")}</span></div><${Level} share=${lately ?? today} aim=${AIM} /></div>
    <dl>${[["offered", count(queue.offered)], ["answered", count(queue.answered)], ["abandoned", `${count(queue.abandoned)} · ${percent(queue.abandonment)}`], ["sent_on", count(queue.sent_on + queue.overflowed)],
      ["asa", queue.asa_s == null ? "–" : span(queue.asa_s)], ["worst", queue.longest_waited_s ? span(queue.longest_waited_s) : "–"]].map(([name, figure]) => html`<div key=${name}><dt>${t(`queue.${name}`)}</dt><dd>${figure}</dd></div>`)}</dl>
  </article>`;
}

function Surge({ surge }) {
  if (!surge?.enabled || !surge.level) return null;
  return html`<section class=${`banner surge surge-${surge.level}`} role="status" data-surge=${surge.level}><b>${t("surge.level", { level: surge.level, of: surge.levels })}</b>
    <span>${t("surge.since", { at: clock(surge.since).slice(0, 5) })}${surge.held ? ` · ${t("surge.held", { actor: surge.actor })}` : ""}</span>
    <ul>${surge.actions.map((action) => html`<li key=${action}>${named("surge_action", action)}</li>`)}</ul></section>`;
}

export function Queues({ queues, surge }) {
  if (!queues?.length) return null;
  return html`<${Surge} surge=${surge} />
    <section aria-label=${t("head.queues")} class="queues">${queues.map((queue) => html`<${Queue} key=${queue.id} queue=${queue} />`)}</section>`;
}
