import type { Random } from "../random";
import type { Headers } from "./admission";

/** Belong to one connection and are not passed on (RFC 9110 §7.6.1). */
const HOP_BY_HOP = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "expect",
  "content-length",
]);

/** Those that may travel on, without the absent. */
export function endToEnd(headers: Headers): Record<string, string | string[]> {
  const named = new Set(
    String(headers.connection ?? "")
      .toLowerCase()
      .split(/\s*,\s*/),
  );
  const kept: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(headers))
    if (value !== undefined && !HOP_BY_HOP.has(name) && !named.has(name)) kept[name] = value;
  return kept;
}

const CALLER = "127.0.0.1";

/**
 * What Google's front end adds: who called and how, and a trace to write logs under.
 * @param host of the URL the caller has used
 */
export function forwarded(headers: Headers, host: string, random: Random): Record<string, string | string[]> {
  const kept = endToEnd(headers);
  const before = headers["x-forwarded-for"];
  const trace = traceOf(headers.traceparent, random);
  return {
    ...kept,
    host,
    "x-forwarded-for": before === undefined ? CALLER : `${String(before)}, ${CALLER}`,
    "x-forwarded-proto": "https",
    forwarded: `for="${CALLER}";proto=https`,
    traceparent: `00-${trace.id}-${trace.span}-${trace.flags}`,
    "x-cloud-trace-context": `${trace.id}/${BigInt(`0x${trace.span}`)};o=${Number.parseInt(trace.flags, 16) & 1}`,
  };
}

const hex = (random: Random, digits: number): string =>
  Array.from({ length: digits }, () => random.below(16).toString(16)).join("");

/** Goes on with the caller's trace (W3C Trace Context §3.2), or begins one. */
function traceOf(traceparent: Headers[string], random: Random) {
  const match = /^00-([0-9a-f]{32})-[0-9a-f]{16}-([0-9a-f]{2})$/.exec(String(traceparent ?? ""));
  return { id: match?.[1] ?? hex(random, 32), span: hex(random, 16), flags: match?.[2] ?? "01" };
}
