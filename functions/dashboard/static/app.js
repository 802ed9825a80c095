// Starts everything and draws: at most once a frame, whatever comes in.

import { get, post } from "./api.js";
import { h } from "./dom.js";
import { Live, addressOf } from "./live.js";
import * as load from "./load.js";
import { onRoute, route } from "./router.js";
import * as shell from "./shell.js";
import { learn, newestFirst, state } from "./state.js";
import * as tips from "./tips.js";
import * as build from "./views/build.js";
import * as empty from "./views/empty.js";
import * as overview from "./views/overview.js";
import { tick } from "./views/parts.js";
import * as pipeline from "./views/pipeline.js";
import * as tv from "./views/tv.js";

const VIEWS = { overview, pipeline, build, tv, empty };
const GATHER = 120; // ms: a burst of messages is drawn together
const FRESH_FOR = 30_000; // ms hidden after which a page is asked for anew
const AGAIN_EVERY = 5 * 60_000;

const main = document.getElementById("main");
let shown = null; // { name, draw }
let scheduled = false;

function draw() {
  scheduled = false;
  shell.update();
  const name = nameOfView();
  if (!name) return;
  if (shown?.name !== name) show(name);
  shown.draw();
}

/** What can be drawn already. */
function nameOfView() {
  if (state.route.view === "build") return state.details.has(state.route.build) ? "build" : null;
  if (!state.pipelines) return null;
  return state.pipelines.size === 0 ? "empty" : state.route.view;
}

function show(name) {
  main.replaceChildren();
  main.removeAttribute("aria-busy");
  const place = h("div", { class: `view view-${name}` });
  main.append(place);
  shown = { name, draw: VIEWS[name].mount(place) };
}

function changed() {
  if (scheduled) return;
  scheduled = true;
  if (document.hidden) setTimeout(draw, 500); // no frames there, but the title still tells
  else requestAnimationFrame(draw);
}

const gathered = [];
let gathering = 0;

function told(builds) {
  gathered.push(...builds);
  gathering ||= setTimeout(takeIn, GATHER);
}

function takeIn() {
  gathering = 0;
  const told = gathered.splice(0);
  if (!state.pipelines) return load.soon(told);
  const news = learn(told);
  if (news.length === 0) return;
  extendHistory(news);
  announce(news);
  load.soon(news);
  changed();
}

/** Asked for, not told: it may be news all the same, and is nothing to announce. */
function replay(builds) {
  if (!state.pipelines) return;
  learn(builds, { again: true });
  changed();
}

function extendHistory(news) {
  const own = news.filter((each) => each.pipeline_id === state.route.pipeline && (!state.route.branch || each.branch === state.route.branch));
  if (!state.history || own.length === 0) return;
  const ids = new Set(own.map((each) => each.id));
  const builds = [...own, ...state.history.builds.filter((each) => !ids.has(each.id))].sort(newestFirst);
  state.history = { ...state.history, builds };
}

/** For those who listen to the page: what broke and what was fixed, nothing else. */
function announce(news) {
  const told = news.filter((each) => each.change === "broken" || each.change === "fixed");
  if (told.length === 0) return;
  const words = told.slice(0, 3).map((each) => `${each.repo} ${each.pipeline} ${each.change === "broken" ? "broke" : "is fixed"} on ${each.branch}`);
  document.getElementById("said").textContent = words.join(". ");
}

function connect(config) {
  let missed = false;
  const address = async () => {
    const url = new URL(addressOf(config.websocket_url));
    if (config.auth) url.searchParams.set("ticket", (await post("ws/ticket")).ticket);
    return url.href;
  };
  const live = new Live(address, told, (now, retryAt) => {
    if (now === "open") (missed ? load.refresh() : load.catchUp()).catch(() => load.refresh());
    if (now === "waiting") missed = true;
    if (state.live === now && now !== "waiting") return;
    Object.assign(state, { live: now, retryAt });
    changed();
  });
  wakeUp(live);
}

/** A laptop that slept, a tab that was away: the truth first, then live again. */
function wakeUp(live) {
  let hiddenAt = 0;
  const woken = () => {
    if (document.hidden) return void (hiddenAt = Date.now());
    if (Date.now() - hiddenAt < FRESH_FOR) return;
    live.check();
    load.refresh();
  };
  document.addEventListener("visibilitychange", woken);
  addEventListener("pageshow", (event) => event.persisted && (live.check(), load.refresh()));
  let last = Date.now();
  setInterval(() => {
    const slept = Date.now() - last > 60_000;
    last = Date.now();
    if (slept && !document.hidden) {
      live.check();
      load.refresh();
    }
  }, 10_000);
}

async function configured() {
  for (let failures = 0; ; failures += 1) {
    try {
      return await get("config");
    } catch {
      await new Promise((resolve) => setTimeout(resolve, Math.min(30_000, 1_000 * 2 ** failures)));
    }
  }
}

function moved(elsewhere) {
  const before = state.route;
  state.route = route();
  load.enter(before);
  if (elsewhere) {
    shown = null;
    scrollTo(0, 0);
    changed();
    requestAnimationFrame(() => main.focus({ preventScroll: true }));
  } else changed();
}

state.route = route();
load.start(changed);
load.onReplay(replay);
onRoute(moved);
shell.start();
tips.start();
shell.update();
load.enter(null);
setInterval(tick, 1_000);
setInterval(() => document.hidden || load.refresh(), AGAIN_EVERY);
state.config = await configured();
changed();
connect(state.config);
