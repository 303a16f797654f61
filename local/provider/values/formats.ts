import { isIP } from "node:net";

/** A form of text that the provider checks by a function instead of a pattern. */
export type Format = keyof typeof FORMATS;

type Check = (name: string, value: string) => string | undefined;

const UNIT = "(?:ns|us|µs|μs|ms|s|m|h)";
const NUMBER = "(?:\\d+\\.?\\d*|\\.\\d+)";
const GO_DURATION = new RegExp(`^[-+]?(?:0|(?:${NUMBER}${UNIT})+)$`);
const GO_DURATION_WITHOUT_UNIT = new RegExp(`^[-+]?(?:${NUMBER}${UNIT})*${NUMBER}$`);
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const RFC3339 = /^\d{4}-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.\d+)?(?:Z|[-+]\d\d:\d\d)$/;
const CIDR = /^([0-9a-fA-F.:]+)\/(\d{1,3})$/;
const CLOCK = /^([01]\d|2[0-3]):([0-5]\d)$/;

/** Sentences are the provider's, so that a search for one finds what others have written about it. */
const FORMATS = {
  base64: (name, value) =>
    BASE64.test(value.replace(/[\r\n]/g, ""))
      ? undefined
      : `could not decode "${name}" as a valid base64 value. Please use the terraform base64 functions such as base64encode() or filebase64() to supply a valid base64 string`,
  cidr: (name, value) =>
    isCidr(value) ? undefined : `"${name}" is not a valid IP CIDR range: invalid CIDR address: ${value}`,
  clock: (name, value) =>
    CLOCK.test(value) ? undefined : `"${name}" ("${value}") must be in the format HH:mm (RFC3339)`,
  duration: (name, value) =>
    GO_DURATION.test(value)
      ? undefined
      : `expected ${name} to be a duration, but parsing gave an error: time: ${GO_DURATION_WITHOUT_UNIT.test(value) ? "missing unit in" : "invalid"} duration "${value}"`,
  ip: (name, value) => (isIP(value) ? undefined : `could not parse "${name}" to IP address`),
  json: (name, value) => {
    try {
      JSON.parse(value);
      return undefined;
    } catch (error) {
      return `"${name}" contains an invalid JSON: ${(error as Error).message}`;
    }
  },
  notEmpty: (name, value) => (value === "" ? `expected "${name}" to not be an empty string, got ` : undefined),
  serviceDomain: (_name, value) =>
    value.includes(".") ? undefined : `expected ${value} to be a domain like serviceusage.googleapis.com`,
  time: (name, value) => (isTime(value) ? undefined : `expected "${name}" to be a valid RFC3339 date, got "${value}"`),
} as const satisfies Readonly<Record<string, Check>>;

/** What is wrong with the value of an argument; undefined when nothing is. */
export const formatFault = (format: Format, name: string, value: string): string | undefined =>
  FORMATS[format](name, value);

function isCidr(value: string): boolean {
  const [, address = "", bits] = CIDR.exec(value) ?? [];
  const version = isIP(address);
  return version !== 0 && Number(bits) <= (version === 4 ? 32 : 128);
}

function isTime(value: string): boolean {
  const match = RFC3339.exec(value);
  if (!match) return false;
  const [month, day, hour, minute, second] = match.slice(1).map(Number) as [number, number, number, number, number];
  return month >= 1 && month <= 12 && day >= 1 && day <= 31 && hour <= 23 && minute <= 59 && second <= 59;
}
