// What stands around every view: the bar, the connection, what went wrong, the title and the favicon.

import { fill, h } from "./dom.js";
import { refresh } from "./load.js";
import { WINDOWS, go, here } from "./router.js";
import { brokenOnes, state } from "./state.js";

const THEMES = { "": "system", light: "light", dark: "dark" };
const $ = (id) => document.getElementById(id);

export function start() {
  $("default-only").addEventListener("click", () => go(here({ default: !state.route.defaultOnly })));
  $("theme").addEventListener("click", nextTheme);
  $("problem").addEventListener("click", (event) => event.target.closest("button") && refresh());
  document.addEventListener("click", copy);
  nameTheme();
}

export function update() {
  const { route } = state;
  document.body.dataset.view = state.pipelines?.size === 0 ? "empty" : route.view;
  fill($("windows"), Object.keys(WINDOWS).map((name) => h("a", { href: here({ window: name === "7d" ? null : name }), "aria-current": route.window === name ? "true" : null, "aria-label": WINDOWS[name] }, name)));
  $("default-only").setAttribute("aria-checked", route.defaultOnly);
  $("tv").href = here({ tv: true, pipeline: null, build: null, branch: null });
  connection();
  problem();
  face();
}

const LIVE = {
  connecting: ["Connecting", "Opening the live connection."],
  open: ["Live", "Builds appear here the moment they change."],
  waiting: ["Offline", "The live connection is lost. It is tried again by itself; what was missed is fetched then."],
};

function connection() {
  const [word, meaning] = LIVE[state.live];
  const chip = $("live");
  chip.className = `live ${state.live}`;
  if (chip.dataset.tip !== meaning) chip.dataset.tip = meaning;
  if (chip.lastChild.textContent !== word) chip.lastChild.textContent = word;
}

function problem() {
  const bar = $("problem");
  bar.hidden = !state.problem;
  if (!state.problem) return;
  const { text, retryAt } = state.problem;
  fill(bar, h("span", null, h("b", null, text), state.pipelines ? " What you see may be old. " : " ", "Trying again by itself. "), h("button", { type: "button", class: "button", "data-retry": retryAt }, "Try now"));
}

/** The number of broken pipelines, where a tab in the background shows it. */
export function face() {
  if (!state.pipelines) return;
  const broken = brokenOnes([...state.pipelines.values()]).length;
  const subject = subjectOf();
  const title = `${broken ? `(${broken}) ` : ""}${subject ? `${subject} · ` : ""}Pipeline Health`;
  if (document.title !== title) document.title = title;
  const href = favicon(broken, state.pipelines.size === 0, state.problem);
  const link = document.querySelector("link[rel=icon]");
  if (link.href !== href) link.href = href;
}

function subjectOf() {
  const { view, pipeline, build } = state.route;
  if (view === "pipeline") return state.pipelines.get(pipeline)?.name;
  return view === "build" ? state.details.get(build)?.pipeline : null;
}

function favicon(broken, empty, lost) {
  const colour = lost || empty ? "#6b7280" : broken ? "#c4320a" : "#1b7f5c";
  const shape = broken ? '<path fill="C" d="M10 1h12l9 9v12l-9 9H10l-9-9V10Z"/>' : '<circle fill="C" cx="16" cy="16" r="15"/>';
  const text = broken > 99 ? "99" : broken;
  const mark = broken
    ? `<text x="16" y="22.5" font-family="system-ui,sans-serif" font-size="18" font-weight="700" text-anchor="middle" fill="#fff">${text}</text>`
    : '<path fill="none" stroke="#fff" stroke-width="4" d="m9 16 5 5 9-10"/>';
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">${shape.replace("C", colour)}${empty ? "" : mark}</svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}

function nextTheme() {
  const names = Object.keys(THEMES);
  const now = document.documentElement.dataset.theme ?? "";
  const next = names[(names.indexOf(now) + 1) % names.length];
  if (next) document.documentElement.dataset.theme = next;
  else delete document.documentElement.dataset.theme;
  try {
    if (next) localStorage.setItem("theme", next);
    else localStorage.removeItem("theme");
  } catch {
    // storage is forbidden here: the choice lasts as long as the page
  }
  nameTheme();
}

function nameTheme() {
  const name = THEMES[document.documentElement.dataset.theme ?? ""];
  $("theme").dataset.tip = `Theme: ${name}`;
  $("theme").setAttribute("aria-label", `Theme: ${name}`);
}

async function copy(event) {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const text = button.closest("div").parentElement.querySelector("pre")?.textContent ?? "";
  const near = button.parentElement.querySelector("pre")?.textContent ?? text;
  const done = await navigator.clipboard?.writeText(near).then(() => true, () => false);
  button.textContent = done ? "Copied" : "Select and copy it";
  setTimeout(() => (button.textContent = "Copy"), 2_000);
}
