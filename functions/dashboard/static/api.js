// The read API. Addresses are relative to the page, so it works behind any stage or prefix.

import { signedIn, token } from "./signin.js";

const PATIENCE = 20_000; // ms
const SIDE_BY_SIDE = 4; // more at once would only start more functions

export class ApiError extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

let underWay = 0;
const waiting = [];

async function turn() {
  if (underWay >= SIDE_BY_SIDE) await new Promise((resolve) => waiting.push(resolve));
  else underWay += 1;
}

function done() {
  const next = waiting.shift();
  if (next) next();
  else underWay -= 1;
}

/** The JSON answer; raises ApiError (status 0: nobody answered), or AbortError once `signal` says so. */
export async function get(path, asked = {}, signal) {
  await turn();
  try {
    return await allowed(path, asked, signal, "GET");
  } finally {
    done();
  }
}

export const post = (path) => allowed(path, {}, undefined, "POST");

/** As whoever is signed in; asks for a token where the one at hand does not do, and tries again. */
async function allowed(path, asked, signal, method) {
  for (;;) {
    const shown = token();
    try {
      return await fetched(path, asked, signal, method, shown);
    } catch (error) {
      if (error.status !== 401 && error.status !== 403) throw error;
      await signedIn(shown);
    }
  }
}

async function fetched(path, asked, signal, method, shown) {
  signal?.throwIfAborted();
  const query = new URLSearchParams(Object.entries(asked).filter(([, value]) => value != null && value !== ""));
  const patience = AbortSignal.timeout(PATIENCE);
  let response;
  try {
    response = await fetch(`${path}${query.size ? `?${query}` : ""}`, {
      method,
      headers: { Accept: "application/json", ...(shown && { Authorization: `Bearer ${shown}` }) },
      signal: signal ? AbortSignal.any([signal, patience]) : patience,
    });
    if (response.ok) return await response.json();
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError(0, patience.aborted ? "The API takes too long to answer." : "The API cannot be reached.");
  }
  throw new ApiError(response.status, await detailOf(response));
}

async function detailOf(response) {
  const problem = await response.json().catch(() => ({}));
  return problem.detail ?? problem.message ?? `The API answered ${response.status}.`;
}

/** Every page of a list, one after the other, at most `most` of them. */
export async function getAll(path, list, asked, signal, most = 20) {
  const all = [];
  let cursor = null;
  for (let page = 0; page < most; page += 1) {
    const answer = await get(path, { ...asked, cursor }, signal);
    all.push(...answer[list]);
    cursor = answer.next;
    if (!cursor) break;
  }
  return all;
}
