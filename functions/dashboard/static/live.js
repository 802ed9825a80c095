// The WebSocket: it opens again whatever happens, and says so. What was missed meanwhile is the caller's to ask.

const PING_EVERY = 4 * 60_000; // API Gateway closes what is silent for 10 minutes
const ANSWER_WITHIN = 10_000; // a sleeping laptop's socket looks open and is dead
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 30_000;

export class Live {
  /** `address()` gives one for each try, since a ticket in it holds once. `told(builds)` for each message, `changed(state, retryAt)` for connecting, open and waiting. */
  constructor(address, told, changed) {
    this.address = address;
    this.told = told;
    this.changed = changed;
    this.failures = 0;
    this.pinging = setInterval(() => this.check(), PING_EVERY);
    addEventListener("online", () => this.now());
    addEventListener("offline", () => this.socket?.close());
    this.open();
  }

  async open() {
    clearTimeout(this.pause);
    this.changed("connecting");
    const coming = (this.socket = { close() {} });
    const address = await this.address().catch(() => null);
    if (coming !== this.socket) return;
    if (!address) return this.closed(coming);
    const socket = new WebSocket(address);
    this.socket = socket;
    socket.addEventListener("open", () => this.opened(socket));
    socket.addEventListener("message", (event) => this.heard(socket, event.data));
    socket.addEventListener("close", () => this.closed(socket));
  }

  opened(socket) {
    if (socket !== this.socket) return;
    this.failures = 0;
    this.changed("open");
  }

  heard(socket, text) {
    if (socket !== this.socket) return;
    clearTimeout(this.doubt);
    const message = parsed(text);
    if (message?.type === "builds" && Array.isArray(message.builds)) this.told(message.builds);
  }

  /** Full jitter, so that a thousand pages do not all come back at the same moment. */
  closed(socket) {
    if (socket !== this.socket) return;
    clearTimeout(this.doubt);
    this.socket = null;
    const longest = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** this.failures);
    this.failures += 1;
    const pause = FIRST_PAUSE / 2 + Math.random() * longest;
    this.changed("waiting", Date.now() + pause);
    this.pause = setTimeout(() => this.open(), pause);
  }

  /** Whether the other end is there; if no answer comes, a new socket is opened at once. */
  check() {
    const socket = this.socket;
    if (socket?.readyState !== WebSocket.OPEN) return this.now();
    socket.send('{"action": "ping"}');
    clearTimeout(this.doubt);
    this.doubt = setTimeout(() => {
      if (socket === this.socket) this.open();
      socket.close();
    }, ANSWER_WITHIN);
  }

  /** No more waiting: the network is back, or somebody looks again. */
  now() {
    if (this.socket) return;
    this.failures = 0;
    this.open();
  }
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Where to listen. A stack that calls itself localhost may be looked at from another machine. */
export function addressOf(configured) {
  const url = new URL(configured, location.href);
  const own = location.hostname;
  if (url.hostname === "localhost" && own !== "localhost") url.host = location.host;
  return url.href;
}
