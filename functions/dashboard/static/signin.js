// The read token, where the stack asks for one: kept for this tab, and gone with it.

import { h } from "./dom.js";

const KEPT = "token";
let asking = null;

export function token() {
  try {
    return sessionStorage.getItem(KEPT);
  } catch {
    return null; // storage is forbidden here
  }
}

/** Another token than the one that was `refused`. All who wait share one form. */
export function signedIn(refused) {
  if (token() !== refused) return Promise.resolve();
  asking ??= asked(refused).finally(() => (asking = null));
  return asking;
}

function asked(refused) {
  const field = h("input", { id: "token", type: "password", autocomplete: "off", required: true, maxlength: 8192 });
  const form = h(
    "form",
    { class: "signin" },
    h("h2", null, "Sign in"),
    h("label", { for: "token" }, "Read token"),
    field,
    refused && h("p", { role: "alert" }, "That token does not open this. It may have been replaced."),
    h("button", { class: "button" }, "Sign in"),
  );
  const dialog = h("dialog", { "aria-label": "Sign in" }, form);
  document.body.append(dialog);
  dialog.addEventListener("cancel", (event) => event.preventDefault()); // there is nothing to see behind it
  dialog.showModal();
  return new Promise((resolve) => {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      sessionStorage.setItem(KEPT, field.value.trim());
      dialog.remove();
      resolve();
    });
  });
}
