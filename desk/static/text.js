// Texts and figures in the reader's language; the choice is remembered.
import { WORDS } from "/static/words.js";

const KEPT = "switchroom.language";

function first() {
  try {
    const kept = localStorage.getItem(KEPT);
    if (kept === "zh" || kept === "en") return kept;
  } catch { /* storage may be barred */ }
  return /^en\b/i.test(navigator.language || "") ? "en" : "zh";
}

let lang = first();
document.documentElement.lang = lang === "zh" ? "zh-CN" : "en";

export const language = () => lang;
export const accept = () => (lang === "zh" ? "zh-CN,zh;q=0.9,en;q=0.5" : "en,zh;q=0.5");

export function speak(next) {
  lang = next;
  document.documentElement.lang = lang === "zh" ? "zh-CN" : "en";
  try { localStorage.setItem(KEPT, lang); } catch { /* storage may be barred */ }
}

export const has = (key) => Object.hasOwn(WORDS, key);

const NAMES = { state: ["state", "campaign_state"], verb: ["ask"], action: ["ask"] };

function value(name, word) {
  for (const prefix of NAMES[name] ?? []) {
    for (const known of [String(word), String(word).replaceAll("_", "-")]) {
      const texts = WORDS[`${prefix}.${known}`];
      if (texts) return lang === "zh" ? texts[0] : texts[1].toLowerCase();
    }
  }
  return String(word);
}

// The text of a key filled with words; an unknown key shows itself and its words, so that nothing is hidden.
export function t(key, words = {}) {
  const texts = WORDS[key] ?? WORDS[key.slice(key.indexOf(".") + 1)];
  if (!texts) {
    const bare = key.slice(key.indexOf(".") + 1);
    return [bare, ...Object.entries(words).map(([name, value]) => `${name}=${value}`)].join(" ");
  }
  let text = texts[lang === "zh" ? 0 : 1];
  for (const [name, word] of Object.entries(words)) text = text.replaceAll(`{${name}}`, value(name, word));
  return text;
}

// A value that has words of its own under a prefix, or as it is.
// Names the settings give: rows with name, title (Chinese) and title_en; texts of our own stay.
export function learn(prefix, rows) {
  for (const row of rows) {
    const key = `${prefix}.${row.name}`;
    if (!WORDS[key] && (row.title || row.title_en)) WORDS[key] = [row.title || row.title_en, row.title_en || row.title];
  }
}
export const named = (prefix, value) => (has(`${prefix}.${value}`) ? t(`${prefix}.${value}`) : String(value));

export const percent = (share, digits = 1) => (share == null ? "–" : `${(share * 100).toFixed(digits)}%`);
export const count = (n) => (n ?? 0).toLocaleString(lang === "zh" ? "zh-CN" : "en");

export function span(seconds) {
  const s = Math.max(0, Math.floor(seconds));
  const two = (n) => String(n).padStart(2, "0");
  return s < 3600 ? `${Math.floor(s / 60)}:${two(s % 60)}` : `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
}

export function clock(at) {
  return new Date(at * 1000).toLocaleTimeString("en-GB", { hour12: false });
}
