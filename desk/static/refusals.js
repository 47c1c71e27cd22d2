// Why customers were not called today: refusals by rule of the gate, the longest bar first.
import { html, useEffect, useState } from "/static/vendor/preact-htm.mjs";
import { clock, count, named, percent, t } from "/static/text.js";
import { refusals } from "/static/link.js";

const EVERY_MS = 15000;

function midnight(at) {
  const day = new Date(at * 1000);
  day.setHours(0, 0, 0, 0);
  return day.getTime() / 1000;
}

export function Refusals({ at, live }) {
  const [rows, setRows] = useState(null);
  useEffect(() => {
    if (!live) return undefined;
    let gone = false;
    const look = () => refusals(midnight(at)).then((found) => { if (!gone && found) setRows(found); });
    look();
    const timer = setInterval(look, EVERY_MS);
    return () => { gone = true; clearInterval(timer); };
  }, [live]);
  const all = (rows ?? []).reduce((sum, row) => sum + row.times, 0);
  const most = Math.max(1, ...(rows ?? []).map((row) => row.times));
  return html`<section class="card refusals" aria-labelledby="refusals-head">
    <header><h2 id="refusals-head">${t("head.refusals")}</h2><span class="sum">${rows ? t("refusals.sum", { n: count(all) }) : ""}</span></header>
    ${rows && rows.length === 0 && html`<p class="none">${t("none.refusals")}</p>`}
    <ul>${(rows ?? []).map((row) => html`<li key=${row.rule} data-rule=${row.rule} title=${t("refusals.span", { first: clock(row.first_at), last: clock(row.last_at), leads: row.leads.join(", ") })}>
      <span>${named("rule", row.rule)}</span>
      <svg viewBox="0 0 100 8" preserveAspectRatio="none" role="img" aria-label=${`${named("rule", row.rule)} ${percent(row.times / Math.max(1, all))}`}><rect class="track" width="100" height="8" rx="1"/><rect class="fill" width=${Math.max(0.8, (row.times / most) * 100)} height="8" rx="1"/></svg>
      <b>${count(row.times)}</b><em>${percent(row.times / Math.max(1, all), 0)}</em></li>`)}</ul></section>`;
}
