// Numbers and times as people read them.

const whole = new Intl.NumberFormat("en");
const tenths = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });
const clockTime = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
const fullTime = { weekday: "short", day: "numeric", month: "short", year: "numeric", ...clockTime, second: "2-digit" };
const local = new Intl.DateTimeFormat("en-GB", { ...fullTime, timeZoneName: "short" });
const utc = new Intl.DateTimeFormat("en-GB", { ...fullTime, timeZone: "UTC" });
const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const weekday = new Intl.DateTimeFormat("en-GB", { weekday: "short", day: "numeric", month: "short" });
const hour = new Intl.DateTimeFormat("en-GB", clockTime);

const NONE = "–";
const two = (number) => String(number).padStart(2, "0");

export const count = (value) => (value == null ? NONE : whole.format(value));

/** Never rounded up to 100: one failure among ten thousand is not none. */
export const percent = (value) =>
  value == null ? NONE : `${tenths.format(value < 100 ? Math.min(value, 99.9) : 100)}%`;

/** Of counts, not of the API's rate: what is rounded twice says 54.6% of 6 in 11, and the chart beside it 54.5%. */
export const rateOf = ({ success, failure }) => (success + failure ? (100 * success) / (success + failure) : null);

export const plural = (number, one, many = `${one}s`) => `${count(number)} ${number === 1 ? one : many}`;

/** Seconds as 48s, 4m 05s, 2h 10m, 3d 4h. */
export function duration(seconds) {
  if (seconds == null) return NONE;
  if (seconds > 0 && seconds < 1) return "<1s";
  const s = Math.round(seconds);
  if (s < 60) return `${s}s`;
  if (s < 3600) return `${Math.floor(s / 60)}m ${two(s % 60)}s`;
  const minutes = Math.floor(s / 60);
  if (minutes < 1440) return `${Math.floor(minutes / 60)}h ${two(minutes % 60)}m`;
  return `${Math.floor(minutes / 1440)}d ${Math.floor((minutes % 1440) / 60)}h`;
}

/** A running clock: 0:42, 12:05, 1:02:03. */
export function clock(seconds) {
  const s = Math.max(0, Math.floor(seconds));
  const rest = `${s >= 3600 ? two(Math.floor(s / 60) % 60) : Math.floor(s / 60)}:${two(s % 60)}`;
  return s >= 3600 ? `${Math.floor(s / 3600)}:${rest}` : rest;
}

/** How long, roughly: 42s, 12m, 3h 12m, 2d 4h. */
export function span(milliseconds) {
  const minutes = Math.floor(milliseconds / 60_000);
  if (minutes < 1) return `${Math.max(0, Math.floor(milliseconds / 1000))}s`;
  if (minutes < 60) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return minutes % 60 ? `${hours}h ${minutes % 60}m` : `${hours}h`;
  return hours % 24 && hours < 240 ? `${Math.floor(hours / 24)}d ${hours % 24}h` : `${Math.floor(hours / 24)}d`;
}

export function ago(instant, now) {
  const passed = now - instant;
  if (passed < -60_000) return `in ${span(-passed)}`;
  if (passed < 5_000) return "just now";
  if (passed < 3_600_000) return `${span(passed)} ago`;
  if (passed < 86_400_000) return `${Math.floor(passed / 3_600_000)}h ago`;
  if (passed < 45 * 86_400_000) return `${Math.floor(passed / 86_400_000)}d ago`;
  return day.format(instant);
}

/** Both times, for a tooltip; one where both are the same. */
export function bothTimes(iso) {
  const instant = new Date(iso);
  const there = `${utc.format(instant)} UTC`;
  return instant.getTimezoneOffset() === 0 ? there : `${local.format(instant)}\n${there}`;
}

export const dayOf = (instant) => day.format(instant);
export const weekdayOf = (instant) => weekday.format(instant);
export const hourOf = (instant) => hour.format(instant);

/** A change against the window before, with its sign; null where it would read as none. */
export function signed(value, format) {
  const text = value == null ? null : format(Math.abs(value));
  if (text == null || text === format(0)) return null;
  return `${value > 0 ? "+" : "−"}${text}`;
}

export const points = (value) => `${tenths.format(value)} pt`;
