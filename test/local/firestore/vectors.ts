import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";

/** A conversation with the documents API, as data: see test/vectors/firestore/README.md. */
export interface Vector {
  readonly name: string;
  readonly steps: readonly Step[];
  /** Why Google's emulator answers otherwise; its answers are in the steps' `emulator`. */
  readonly divergence?: string;
}

export interface Step extends Expectation {
  /** `METHOD path`, the path under the database's `/documents`. */
  readonly call: string;
  readonly body?: unknown;
  /** Name → path into the answer; `$name` stands for the value in later steps. */
  readonly keep?: Readonly<Record<string, string>>;
  /** What Google's emulator answers instead. */
  readonly emulator?: Expectation;
}

interface Expectation {
  /** @default 200, or that of `error` */
  readonly status?: number;
  /** Canonical code of the error. */
  readonly error?: string;
  /** The answer holds at least this. */
  readonly match?: unknown;
  /** The answer is exactly this. */
  readonly equal?: unknown;
}

export type Side = "engine" | "emulator";
export type Send = (
  method: string,
  path: string,
  body: string | undefined,
) => Promise<{ status: number; json: unknown }>;

const FOLDER = join(__dirname, "../../vectors/firestore");

export function loadVectors(): readonly (readonly [file: string, vectors: readonly Vector[]])[] {
  const files = readdirSync(FOLDER).filter((name) => name.endsWith(".yaml"));
  return files.sort().map((file) => [file.replace(".yaml", ""), parse(readFileSync(join(FOLDER, file), "utf8"))]);
}

/** Plays a vector and checks every answer. @param project a project of its own, so that vectors do not meet */
export async function play(vector: Vector, project: string, side: Side, send: Send): Promise<void> {
  const root = `projects/${project}/databases/(default)/documents`;
  const kept: Record<string, unknown> = {};
  for (const [i, step] of vector.steps.entries()) {
    const [method, path = ""] = step.call.split(/ (.*)/s);
    const body = step.body === undefined ? undefined : JSON.stringify(fill(step.body, root, kept));
    const answer = await send(method!, `/v1/${root}${String(fill(path, root, kept))}`, body);
    const expected = (side === "emulator" && step.emulator) || step;
    const where = `step ${i + 1}, ${step.call}`;
    expect({ where, status: answer.status, json: answer.json }).toMatchObject({
      where,
      status: expected.status ?? (expected.error ? HTTP[expected.error] : 200),
      ...(expected.error && { json: { error: { status: expected.error } } }),
    });
    for (const [name, at] of Object.entries(step.keep ?? {})) kept[name] = dig(answer.json, at);
    if (expected.match !== undefined) expect(answer.json).toMatchObject(fill(expected.match, root, kept) as object);
    if (expected.equal !== undefined) expect(answer.json).toEqual(fill(expected.equal, root, kept));
  }
}

const HTTP: Readonly<Record<string, number>> = {
  INVALID_ARGUMENT: 400,
  FAILED_PRECONDITION: 400,
  NOT_FOUND: 404,
  ALREADY_EXISTS: 409,
  ABORTED: 409,
  UNIMPLEMENTED: 501,
};

function dig(json: unknown, path: string): unknown {
  const value = path.split(".").reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], json);
  if (value === undefined) throw new Error(`the answer has no ${path}: ${JSON.stringify(json)}`);
  return value;
}

/** `{root}`, `$name`, `<any>` and `<repeat:n>` take their values. */
function fill(json: unknown, root: string, kept: Readonly<Record<string, unknown>>): unknown {
  if (Array.isArray(json)) return json.map((item) => fill(item, root, kept));
  if (typeof json === "string") {
    if (json === "<any>") return expect.anything();
    const repeat = /^<repeat:(\d+)>$/.exec(json);
    if (repeat) return "a".repeat(Number(repeat[1]));
    const whole = /^\$(\w+)$/.exec(json);
    if (whole) return kept[whole[1]!];
    return json.replaceAll("{root}", root).replace(/\$\{(\w+)\}/g, (_, name: string) => String(kept[name]));
  }
  if (typeof json !== "object" || json === null) return json;
  return Object.fromEntries(Object.entries(json).map(([key, value]) => [key, fill(value, root, kept)]));
}
