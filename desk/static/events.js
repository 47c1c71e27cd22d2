// Facts in words, newest first.
import { html, useState } from "/static/vendor/preact-htm.mjs";
import { clock, named, t } from "/static/text.js";

const QUIET = new Set(["AttemptPlaced", "CallRang", "CallAnswered", "CallJudged", "CallScreened", "CallWaiting", "CallOffered", "CallLeft", "LeadRested", "LeadShown", "LeadSkipped",
  "DialRefused", "RecordingStarted", "RecordingConfirmed", "RecordingFiled", "SeatTaken", "CallEnded"]);
const NOTED = new Set(["logged_out", "aux"]);
const quiet = (fact) => (fact.kind === "AgentChanged" ? !NOTED.has(fact.now) && !NOTED.has(fact.was) : QUIET.has(fact.kind));
const TONE = { AlarmRaised: "bad", CallAbandoned: "bad", RecordingMissing: "bad", Anomaly: "warn", AskRefused: "warn", OfferFailed: "warn", SeatLeft: "warn",
  CallConnected: "good", AlarmCleared: "good", CampaignChanged: "note", TrunkChanged: "note", ServerChanged: "note", CallDisposed: "note", Acted: "note" };
const PREFIX = { outcome: "outcome", was: "state", now: "state", by: "by", heard: "heard", then: "then", alarm: "alarm", code: "code", rule: "rule", disposition: "disposition", why: "why", what: "what", act: "act" };
const STATE = { CampaignChanged: "campaign_state", TrunkChanged: "trunk_state", ServerChanged: "server_state" };

function words(fact, titles) {
  const filled = {};
  for (const [name, value] of Object.entries(fact)) {
    if (name === "state") filled[name] = named(STATE[fact.kind] ?? "state", value);
    else if (name === "campaign") filled[name] = titles[value] || value;
    else if (name === "code") filled[name] = t(`code.${value}`, fact.words ?? {});
    else if (name === "call") filled[name] = `#${String(value).slice(String(value).lastIndexOf("-") + 1).replace(/^0+/, "")}`;
    else if (PREFIX[name]) filled[name] = named(PREFIX[name], value);
    else if (typeof value === "number") filled[name] = Number.isInteger(value) ? value : value.toFixed(1);
    else filled[name] = value ?? "";
  }
  return t(`fact.${fact.kind}`, filled);
}

export function Events({ facts, titles, skipped }) {
  const [all, setAll] = useState(false);
  const [held, setHeld] = useState(null);
  const source = held ?? facts;
  const shown = (all ? source : source.filter((fact) => !quiet(fact))).slice(0, 120);
  return html`<section class="card events" aria-labelledby="events-head">
    <header><h2 id="events-head">${t("head.events")}</h2>
      <div class="chips"><button class="chip" aria-pressed=${!all} onClick=${() => setAll(false)}>${t("events.notable")}</button>
      <button class="chip" aria-pressed=${all} onClick=${() => setAll(true)}>${t("events.all")}</button>
      <button class="chip" aria-pressed=${held !== null} onClick=${() => setHeld(held ? null : facts)}>${held ? t("events.go") : t("events.pause")}</button></div></header>
    ${shown.length === 0 && html`<p class="none">${t("none.events")}</p>`}
    <ol tabindex="0" aria-label=${t("head.events")}>${shown.map((fact) => html`<li key=${fact.n} class=${TONE[fact.kind] ?? ""}><time>${clock(fact.at)}</time><span>${words(fact, titles)}</span></li>`)}</ol>
    ${skipped > 0 && html`<footer>${t("events.skipped", { n: skipped })}</footer>`}
  </section>`;
}
