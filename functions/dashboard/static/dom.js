// Elements out of plain data. What a sender wrote only ever becomes text or an attribute's value: there is no
// way from here to markup, a script or a style.

const SVG = "http://www.w3.org/2000/svg";
const SVG_TAGS = new Set(["svg", "g", "path", "line", "rect", "circle", "text"]);

export function h(tag, attributes, ...children) {
  const element = SVG_TAGS.has(tag) ? document.createElementNS(SVG, tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) set(element, name, value);
  element.append(...children.flat(Infinity).filter((child) => child != null && child !== false));
  return element;
}

function set(element, name, value) {
  if (value == null || value === false) return;
  if (/^(on|style$|srcdoc$)/i.test(name)) throw new TypeError(`${name} is not for attributes`);
  element.setAttribute(name, value === true ? "" : String(value));
}

/** A sender's text: isolated, so that right-to-left names do not turn their neighbours around. */
export const said = (text, attributes) => h("bdi", attributes, text ?? "");

/** The link of a sender, if it is one that a browser may follow. */
export function outside(url, attributes, ...children) {
  const safe = /^https?:\/\//i.test(url ?? "");
  if (!safe) return null;
  return h("a", { href: url, target: "_blank", rel: "noopener noreferrer", ...attributes }, ...children);
}

/** Makes `old` look like `fresh` and keeps what did not change: focus, selection, a running animation. */
export function patch(old, fresh) {
  if (old.isEqualNode(fresh)) return old;
  if (old.nodeName !== fresh.nodeName || old.nodeType !== Node.ELEMENT_NODE) {
    old.replaceWith(fresh);
    return fresh;
  }
  for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name)) old.removeAttribute(name);
  for (const { name, value } of fresh.attributes) {
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  patchChildren(old, [...fresh.childNodes]);
  return old;
}

function patchChildren(parent, fresh) {
  const old = [...parent.childNodes];
  fresh.forEach((child, i) => (old[i] ? patch(old[i], child) : parent.append(child)));
  old.slice(fresh.length).forEach((child) => child.remove());
}

export const fill = (parent, ...children) => patchChildren(parent, [...h("div", null, ...children).childNodes]);

const drawn = new WeakMap();

/**
 * A list whose items keep their elements. Each item is `{ key, parts }`: it is rendered anew only when one of
 * its parts is another object or value than before, so a thousand rows cost nothing while one changes.
 */
export function list(parent, items, render) {
  const focused = document.activeElement;
  const known = new Map([...parent.children].map((element) => [element.dataset.key, element]));
  const wanted = new Set(items.map((item) => item.key));
  for (const [key, element] of known) if (!wanted.has(key)) element.remove();
  let at = parent.firstElementChild;
  for (const item of items) {
    const element = current(known.get(item.key), item, render);
    if (element === at) at = at.nextElementSibling;
    else parent.insertBefore(element, at);
  }
  if (focused !== document.activeElement && parent.contains(focused)) focused.focus({ preventScroll: true });
}

function current(element, item, render) {
  const before = element && drawn.get(element);
  if (before && before.length === item.parts.length && before.every((part, i) => part === item.parts[i])) return element;
  const fresh = render(item);
  fresh.dataset.key = item.key;
  const result = element ? patch(element, fresh) : fresh;
  drawn.set(result, item.parts);
  return result;
}
