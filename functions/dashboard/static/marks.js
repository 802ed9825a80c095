// How a status looks: a colour, and a shape that says the same without it.

import { h } from "./dom.js";

export const WORDS = {
  success: "Passed",
  failure: "Failed",
  cancelled: "Cancelled",
  skipped: "Skipped",
  queued: "Queued",
  in_progress: "Running",
};
export const STATUSES = Object.keys(WORDS);
export const isOpen = (status) => status === "queued" || status === "in_progress";

// In a 16 by 16 box. A full disc has passed, an octagon has failed, whatever is hollow says nothing of the code.
const ICONS = {
  success: ["M8 .8a7.2 7.2 0 1 0 0 14.4A7.2 7.2 0 0 0 8 .8Zm3.9 5.3-4.6 5a.8.8 0 0 1-1.1 0L4.1 8.9l1.1-1.1 1.5 1.5 4.1-4.4Z"],
  failure: ["M5 .8h6L15.2 5v6L11 15.2H5L.8 11V5Zm.9 3.9L4.7 5.9 6.8 8l-2.1 2.1 1.2 1.2L8 9.2l2.1 2.1 1.2-1.2L9.2 8l2.1-2.1-1.2-1.2L8 6.8Z"],
  cancelled: ["M8 .8a7.2 7.2 0 1 0 0 14.4A7.2 7.2 0 0 0 8 .8Zm0 1.7a5.5 5.5 0 0 1 3.3 1.1l-7.7 7.7A5.5 5.5 0 0 1 8 2.5Zm0 11a5.5 5.5 0 0 1-3.3-1.1l7.7-7.7A5.5 5.5 0 0 1 8 13.5Z"],
  skipped: ["M1.5 3.2v9.6L7.6 8Zm7 0v9.6L14.6 8Z"],
  queued: ["M8 .8a7.2 7.2 0 1 0 0 14.4A7.2 7.2 0 0 0 8 .8Zm0 1.7a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11Zm-.8 1.7v4.3l3 1.8.8-1.3-2.3-1.4V4.2Z"],
  in_progress: ["M8 .8a7.2 7.2 0 1 0 7.2 7.2h-1.8A5.4 5.4 0 1 1 8 2.6Z"],
};

export function icon(status, extra = "") {
  return h(
    "svg",
    { class: `icon s-${status} ${extra}`, viewBox: "0 0 16 16", width: 16, height: 16, "aria-hidden": "true" },
    ICONS[status]?.map((d) => h("path", { d, "fill-rule": "evenodd" })),
  );
}

/** The icon with its word, for those who see neither colour nor shape. */
export const status = (name) =>
  h("span", { class: `status s-${name}` }, icon(name), h("span", null, WORDS[name] ?? name));

const CELL = 8;
const BAR = 6;
const TALL = 26;

// Each draws one build at x: failures stand out, whatever the colour.
const SHAPES = {
  success: (x) => `M${x} 11h${BAR}v15h-${BAR}Z`,
  failure: (x) => `M${x} 6l3-6 3 6v20h-${BAR}Z`,
  cancelled: (x) => `M${x} 16h${BAR}v10h-${BAR}ZM${x + 1.6} 17.6v6.8h2.8v-6.8Z`,
  skipped: (x) => `M${x} 23h${BAR}v3h-${BAR}Z`,
  queued: (x) => `M${x + 3} 18l3 4-3 4-3-4Z`,
  in_progress: (x) => `M${x} 11h${BAR}v15h-${BAR}ZM${x + 1.5} 12.5v12h3v-12Z`,
};

/** The last builds, oldest on the left; `builds` come newest first. */
export function strip(builds, size = 30) {
  const shown = builds.slice(0, size);
  const paths = {};
  shown.forEach((build, i) => {
    const draw = SHAPES[build.status];
    if (draw) (paths[build.status] ??= []).push(draw((size - 1 - i) * CELL));
  });
  const missing = Array.from({ length: size - shown.length }, (_, i) => `M${i * CELL} 25h${BAR}v1h-${BAR}Z`);
  return h(
    "svg",
    {
      class: "strip",
      viewBox: `0 0 ${size * CELL - (CELL - BAR)} ${TALL}`,
      preserveAspectRatio: "xMinYMid",
      role: "img",
      "aria-label": inWords(shown),
      "data-size": size,
    },
    missing.length > 0 && h("path", { class: "none", d: missing.join("") }),
    Object.entries(paths).map(([name, d]) =>
      h("path", { class: `f-${name}`, d: d.join(""), "fill-rule": "evenodd" }),
    ),
  );
}

/** Which build of the strip is under the pointer, counted from the newest. */
export function under(svg, event) {
  const box = svg.getBoundingClientRect();
  const size = Number(svg.dataset.size);
  const width = Math.min(box.width, (box.height / TALL) * (size * CELL));
  return size - 1 - Math.floor(((event.clientX - box.left) / width) * size);
}

function inWords(builds) {
  if (builds.length === 0) return "No builds";
  const parts = STATUSES.map((name) => [builds.filter((build) => build.status === name).length, name]);
  const told = parts.filter(([n]) => n > 0).map(([n, name]) => `${n} ${WORDS[name].toLowerCase()}`);
  return `Last ${builds.length} builds: ${told.join(", ")}; the newest: ${WORDS[builds[0].status].toLowerCase()}`;
}

export function legend() {
  return h(
    "span",
    { class: "legend", "aria-hidden": "true" },
    ["success", "failure", "cancelled", "skipped", "in_progress"].map((name) =>
      h(
        "span",
        null,
        h("svg", { class: "key", viewBox: `0 0 ${BAR} ${TALL}` }, h("path", { class: `f-${name}`, d: SHAPES[name](0), "fill-rule": "evenodd" })),
        WORDS[name].toLowerCase(),
      ),
    ),
  );
}
