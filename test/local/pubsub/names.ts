import type { Vector } from "../../vectors/pubsub/vector";

const PROJECT = "vectors";

/** Full names of a vector's resources, and the placeholders that stand for them. */
export interface Names {
  readonly prefix: string;
  topic(alias: string): string;
  subscription(alias: string): string;
  /** Replaces every placeholder of a text. @throws Error for a mark or an endpoint that is not there */
  readonly fill: (text: string) => string;
  /** Remembers the server's time. */
  mark(name: string): void;
}

/** @param now the server's time, milliseconds since the Unix epoch */
export function namesOf(vector: Vector, now: () => number, urlOf: (endpoint: string) => string): Names {
  const prefix = vector.id.replaceAll("/", ".");
  const marks = new Map<string, number>();
  const full = (kind: string, alias: string) => `projects/${PROJECT}/${kind}s/${prefix}.${alias}`;
  const instant = (mark: string, offset: string | undefined) => {
    const at = mark === "now" ? now() : marks.get(mark);
    if (at === undefined) throw new Error(`no step before marks ${mark}`);
    return new Date(at + Number(offset ?? 0) * 1_000).toISOString();
  };
  return {
    prefix,
    topic: (alias) => full("topic", alias),
    subscription: (alias) => full("subscription", alias),
    mark: (name) => void marks.set(name, now()),
    fill: (text) =>
      text
        .replaceAll("{project}", PROJECT)
        .replace(/\{(topic|subscription|snapshot):([\w-]+)\}/g, (_, kind: string, alias: string) => full(kind, alias))
        .replace(/\{endpoint:(\w+)\}/g, (_, alias: string) => urlOf(alias))
        .replace(/\{time:(\w+)([+-]\d+)?\}/g, (_, mark: string, offset?: string) => instant(mark, offset)),
  };
}
