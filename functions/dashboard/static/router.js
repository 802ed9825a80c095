// What is shown stands in the address: a link shows the same, and Back goes back.

const SCOPE = ["window", "repo", "default", "tv"]; // goes along from view to view
const FILTERS = ["q", "provider", "status", "sort"]; // of the list of pipelines

export const WINDOWS = { "24h": "24 hours", "7d": "7 days", "30d": "30 days", "90d": "90 days" };

export function route() {
  const asked = new URLSearchParams(location.search);
  const value = (name) => asked.get(name) || null;
  return {
    view: viewOf(asked),
    window: WINDOWS[value("window")] ? value("window") : "7d",
    repo: value("repo"),
    defaultOnly: value("default") === "1",
    tv: value("tv") === "1",
    pipeline: value("pipeline"),
    build: value("build"),
    branch: value("branch"),
    q: value("q") ?? "",
    provider: value("provider"),
    status: value("status"),
    sort: value("sort"),
  };
}

function viewOf(asked) {
  if (asked.get("tv") === "1") return "tv";
  if (asked.get("build")) return "build";
  return asked.get("pipeline") ? "pipeline" : "overview";
}

/** The same place with these changed; null takes one away. */
export function here(changes) {
  const asked = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(changes)) {
    if (value == null || value === "" || value === false) asked.delete(name);
    else asked.set(name, value === true ? "1" : value);
  }
  return asked.size ? `?${asked}` : "./";
}

const only = (names, wanted) => {
  const asked = new URLSearchParams(location.search);
  const kept = names.filter((name) => asked.get(name)).map((name) => [name, asked.get(name)]);
  const query = new URLSearchParams([...kept, ...Object.entries(wanted)]);
  return query.size ? `?${query}` : "./";
};

export const toOverview = () => only([...SCOPE.filter((name) => name !== "tv"), ...FILTERS], {});
export const toPipeline = (id) => only(["window", "default"], { pipeline: id });
export const toBuild = (id) => only(["window", "default"], { build: id });

const listeners = [];
export const onRoute = (listener) => listeners.push(listener);
const tell = (moved) => listeners.forEach((listener) => listener(moved));

/** `moved`: to another place, not just another filter of the same one. */
export function go(address, { replace = false } = {}) {
  const before = placeOf(location.search);
  history[replace ? "replaceState" : "pushState"](null, "", address);
  tell(placeOf(location.search) !== before);
}

function placeOf(search) {
  const asked = new URLSearchParams(search);
  return [viewOf(asked), asked.get("pipeline"), asked.get("build")].join(" ");
}

addEventListener("popstate", () => tell(true));

document.addEventListener("click", (event) => {
  if (event.defaultPrevented || event.button !== 0 || event.altKey || event.shiftKey) return;
  const link = event.target.closest("a[href]");
  const row = !link && !event.target.closest("button, input, select, label, pre") && event.target.closest("[data-href]");
  const address = link ? link.getAttribute("href") : row && row.dataset.href;
  if (!address || link?.target || !/^(\?|\.\/)/.test(address)) return;
  if (row && String(getSelection())) return; // somebody copies a name
  if (event.metaKey || event.ctrlKey) return void (row && open(address));
  event.preventDefault();
  go(address);
});
