import { EvaluationFault, isObject, sortedKeys, toBool, toList, toNumber, toText, type Value } from "./values";

const fault = (message: string): never => {
  throw new EvaluationFault(message);
};

/** Terraform escapes these in JSON, so that it can stand in HTML. */
export const jsonText = (value: Value): string =>
  JSON.stringify(sorted(value)).replace(
    /[<>&\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );

const sorted = (value: Value): Value => {
  if (Array.isArray(value)) return toList(value).map(sorted);
  return isObject(value) ? Object.fromEntries(sortedKeys(value).map((key) => [key, sorted(value[key]!)])) : value;
};

/**
 * Terraform's `format` with the verbs a plan meets: %s %d %v %q %f %x %X %t %%, flags, width and precision.
 * @throws EvaluationFault for another verb, or when verbs and arguments differ in number
 */
export function format(template: string, args: readonly Value[]): string {
  let next = 0;
  const result = template.replace(
    /%([-+ 0#]*)(\d+)?(?:\.(\d+))?([a-zA-Z%])/g,
    (whole, flags, width, precision, verb) => {
      if (verb === "%") return "%";
      const render = VERBS[verb];
      if (!render) return fault(`the verb ${whole} is not supported`);
      const argument = args[next++];
      if (argument === undefined) return fault(`nothing left for ${whole}`);
      let out = render(argument, precision === undefined ? undefined : Number(precision));
      if (flags.includes("+") && !out.startsWith("-") && verb !== "s") out = `+${out}`;
      const size = Number(width ?? 0);
      if (flags.includes("-")) return out.padEnd(size);
      if (flags.includes("0") && /^[+-]/.test(out)) return out[0] + out.slice(1).padStart(size - 1, "0");
      return out.padStart(size, flags.includes("0") ? "0" : " ");
    },
  );
  if (next < args.length) return fault(`${args.length - next} arguments too many`);
  return result;
}

const whole = (value: Value): number => {
  const result = toNumber(value);
  return Number.isInteger(result) ? result : fault("a whole number is required");
};

const VERBS: Readonly<Record<string, (value: Value, precision: number | undefined) => string>> = {
  s: (value, precision) => Array.from(toText(value)).slice(0, precision).join(""),
  d: (value) => String(whole(value)),
  f: (value, precision) => toNumber(value).toFixed(precision ?? 6),
  x: (value) => whole(value).toString(16),
  X: (value) => whole(value).toString(16).toUpperCase(),
  t: (value) => String(toBool(value)),
  q: (value) => JSON.stringify(toText(value)),
  v: (value) =>
    value !== null && typeof value === "object" ? jsonText(value) : value === null ? "null" : toText(value),
};
