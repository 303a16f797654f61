/** A part that stands for any number of parts: `**`, `{path=**}`. */
const OPEN = /^(\*\*|\{[^{}=]*=\*\*\})$/;

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** What one part of a pattern stands for: `*` and `{name}` for anything but a slash, the rest for itself. */
function partExpression(part: string): string {
  if (/^(\*|\{[^{}]*\})$/.test(part)) return "[^/]+";
  const pieces = part.split(/(\*|\{[^{}]*\})/);
  return pieces.map((piece, i) => (i % 2 === 1 ? "[^/]*" : escaped(piece))).join("");
}

/**
 * Whether a path fits a path pattern of Eventarc: `*` is a part or a piece of one, `**` any number of parts, `{name}` and
 * `{name=**}` the same with a name. https://cloud.google.com/eventarc/docs/path-patterns
 */
export function matchesPath(pattern: string, path: string): boolean {
  const parts = pattern.replace(/^\//, "").split("/");
  const source = parts.map((part) => (OPEN.test(part) ? "(?:/[^/]+)*" : `/${partExpression(part)}`)).join("");
  return new RegExp(`^${source}$`, "s").test(`/${path.replace(/^\//, "")}`);
}

/** Whether a value is meant as a pattern. */
export const isPattern = (value: string): boolean => /[*{]/.test(value);

/** Whether some path with an even number of parts, as documents have, could fit. */
export function canMatchDocument(pattern: string): boolean {
  const parts = pattern.split("/");
  if (parts.some((part) => part === "")) return false;
  return parts.length % 2 === 0 || parts.some((part) => OPEN.test(part));
}
