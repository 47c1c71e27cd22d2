// The board of agents: one cell each, coloured and lettered by state, readable at five hundred.
import { html, useMemo, useState } from "/static/vendor/preact-htm.mjs";
import { named, span, t } from "/static/text.js";

export const STATES = ["talking", "hold", "consulting", "ringing", "reserved", "ready", "wrap_up", "aux", "logged_out"];
const COMPACT_FROM = 120;

const said = (agent) => (agent.state === "aux" && agent.reason ? named("reason", agent.reason) : t(`state.${agent.state}`));

export function Board({ agents, at, onPick }) {
  const [only, setOnly] = useState("");
  const [find, setFind] = useState("");
  const counts = useMemo(() => {
    const found = {};
    for (const agent of agents) found[agent.state] = (found[agent.state] ?? 0) + 1;
    return found;
  }, [agents]);
  const wanted = find.trim().toLowerCase();
  const shown = agents.filter((a) => (!only || a.state === only) && (!wanted || a.id.toLowerCase().includes(wanted) || a.name.toLowerCase().includes(wanted)));
  const compact = agents.length >= COMPACT_FROM;
  return html`<section class="card board" aria-labelledby="agents-head" id="agents">
    <header><h2 id="agents-head">${t("head.agents")}</h2>
      <div class="chips" role="group" aria-label=${t("agent.state")}>
        <button class="chip" aria-pressed=${only === ""} onClick=${() => setOnly("")}>${t("agents.all")} <b>${agents.length}</b></button>
        ${STATES.map((state) => html`<button key=${state} class=${`chip s-${state}`} aria-pressed=${only === state} disabled=${!counts[state] && only !== state}
          onClick=${() => setOnly(only === state ? "" : state)}><i></i>${t(`state.${state}`)} <b>${counts[state] ?? 0}</b></button>`)}
      </div>
      <input type="search" value=${find} placeholder=${t("agents.find")} aria-label=${t("agents.find")} onInput=${(e) => setFind(e.target.value)} />
    </header>
    ${shown.length === 0 && html`<p class="none">${agents.length ? t("none.agents.filter") : t("none.agents")}</p>`}
    <div class=${compact ? "cells compact" : "cells"}>
      ${shown.map((agent) => html`<button key=${agent.id} class=${`cell s-${agent.state}`} data-agent=${agent.id} data-state=${agent.state}
          aria-label=${`${agent.id} ${agent.name} ${said(agent)}`} title=${`${agent.id} ${agent.name} · ${said(agent)} · ${span(at - agent.since)}`} onClick=${() => onPick(agent.id)}>
        <span class="who"><b>${agent.id}</b>${!compact && !agent.name.includes(agent.id) && html`<span>${agent.name}</span>`}</span>
        <span class="what"><span>${compact ? t(`short.${agent.state}`) : said(agent)}</span>${agent.state !== "logged_out" && html`<time>${span(at - agent.since)}</time>`}</span>
      </button>`)}
    </div>
  </section>`;
}
