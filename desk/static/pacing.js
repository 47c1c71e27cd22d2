// A campaign's pacing over the last hour, and what other targets would bring it.
import { html, useMemo, useState } from "/static/vendor/preact-htm.mjs";
import { count, percent, t } from "/static/text.js";
import { foresee } from "/static/link.js";
import { Plot } from "/static/plots.js";

const GATHERED = 15;
const FEWEST = 10;
const none = [];

// The share abandoned in the quarter of an hour before each minute; too few answers say nothing.
function rolling(minutes) {
  return minutes.map((minute, n) => {
    const part = minutes.slice(Math.max(0, n + 1 - GATHERED), n + 1);
    const live = part.reduce((sum, one) => sum + one.live, 0);
    return [minute.at, live < FEWEST ? null : part.reduce((sum, one) => sum + one.abandoned, 0) / live];
  });
}

export function Hour({ minutes = none, target }) {
  const busy = useMemo(() => minutes.map((one) => [one.at, one.utilisation]), [minutes]);
  const late = useMemo(() => rolling(minutes), [minutes]);
  return html`<div class="hour" data-hour>
    <div><h4>${t("hour.utilisation")}</h4><${Plot} points=${busy} minutes=${60} tint="--ready" floor=${1} most=${1} show=${(v) => `${Math.round(v * 100)}%`} label=${t("hour.utilisation")} /></div>
    <div><h4>${t("hour.abandoned")}</h4><${Plot} points=${late} minutes=${60} tint="--ringing" floor=${0.04} target=${target} show=${(v) => `${+(v * 100).toFixed(1)}%`} label=${t("hour.abandoned")} /></div></div>`;
}

function change(row) {
  const n = count(Math.round(Math.abs(row.change_s)));
  if (Math.abs(row.change_s) < Math.max(1, row.within_s)) return t("foresee.same");
  return t(row.change_s < 0 ? "foresee.less" : "foresee.more", { n });
}

const BY_HAND = new Set(["manual", "preview"]);

export function Foresight({ campaign }) {
  const [found, setFound] = useState(null);
  const [busy, setBusy] = useState(false);
  if (BY_HAND.has(campaign.mode)) return null;
  const look = () => { setBusy(true); foresee(campaign.id).then((told) => { setFound(told); setBusy(false); }); };
  const rows = found?.rows ? [...found.rows].sort((a, b) => a.target - b.target) : [];
  return html`<div class="foresight" data-foresight aria-live="polite">
    <p><button disabled=${busy || campaign.state !== "running"} onClick=${look}>${t("foresee.ask")}</button>
      <span>${busy ? t("foresee.playing") : found && !found.rows ? found.message || t("code.unreachable") : found ? t("foresee.about", { agents: count(found.agents), rate: percent(found.answer_rate, 0), hours: found.hours }) : ""}</span></p>
    ${rows.length > 0 && html`<table><thead><tr><th>${t("foresee.target")}</th><th>${t("foresee.busy")}</th><th class="bar"></th><th>${t("foresee.wait")}</th><th>${t("foresee.talk")}</th></tr></thead>
      <tbody>${rows.map((row) => html`<tr key=${`${row.rule}${row.target}`} class=${row.own ? "own" : ""} data-target=${row.target}>
        <td>${percent(row.target)}</td><td>${percent(row.utilisation)}</td>
        <td class="bar"><svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true"><rect class="track" width="100" height="8" rx="1"/><rect class="fill" width=${row.utilisation * 100} height="8" rx="1"/></svg></td>
        <td>${t("foresee.seconds", { n: row.wait_s.toFixed(1) })}</td><td>${row.own ? t("foresee.now") : change(row)}</td></tr>`)}</tbody></table>`}
  </div>`;
}
