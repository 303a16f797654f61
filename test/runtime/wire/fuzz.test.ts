import { seededRandom } from "../../../local/engine/random";
import { IssuesError } from "../../../contract/issue";
import { readTask } from "../../../runtime/job/task";
import { workflowCallbacks } from "../../../runtime/transports";
import { REQUESTS } from "../../vectors/requests";
import { ENVIRONMENTS } from "../../vectors/run-jobs/environment";
import { WithId } from "../support/schema";
import { incoming } from "../support/simulation";
import { mutated, type Raw } from "./mutate";
import { startReceiver } from "./receiver";

/** MILLRACE_SEED draws others. */
const SEED = `wire/${process.env["MILLRACE_SEED"] ?? 1}`;
const RUNS = 6_000;

/** What a log must not hold, wherever a vector has its payload. */
const SECRET = "4711-of-the-customer";
const VALID: readonly Raw[] = REQUESTS.filter(({ events }) => events.length > 0).map(({ headers, body }) => {
  const text = body.toString();
  const secret = text
    .replaceAll('"id":"7"', `"id":"${SECRET}"`)
    .replaceAll("eyJpZCI6IjcifQ==", Buffer.from(`{"id":"${SECRET}"}`).toString("base64"));
  return { headers, body: secret === text ? Buffer.from(body) : Buffer.from(secret) };
});

const shown = ({ headers, body }: Raw) => JSON.stringify({ headers, body: body.toString("latin1").slice(0, 400) });
/** A batch of none is understood, and there is nothing to handle. */
const isEmptyBatch = ({ headers, body }: Raw) =>
  headers["content-type"]?.startsWith("application/cloudevents-batch") === true &&
  /^\s*\[\s*\]\s*$/.test(body.toString());

describe("requests that nobody should send", () => {
  it("get a code: they end neither the process nor a message that was not handled", async () => {
    const random = seededRandom(SEED);
    const receiver = startReceiver(WithId);
    const { events, published, lines } = receiver;
    const statuses: Record<number, number> = {};
    for (let i = 0; i < RUNS; i++) {
      const request = mutated(random, VALID[i % VALID.length]!, VALID);
      const before = { handled: events.length, parked: published.length };
      lines.length = 0;
      const { status } = await receiver.post(request.headers, request.body);
      statuses[status] = (statuses[status] ?? 0) + 1;
      const wrong: string[] = [];
      if (![200, 204, 400].includes(status)) wrong.push(`status ${status}`);
      const came = events.length > before.handled || published.length > before.parked;
      if (status < 300 && !came && !isEmptyBatch(request)) wrong.push("acknowledged, and nothing was done");
      for (const { meta, payload } of events.slice(before.handled)) {
        if (typeof meta.id !== "string" || meta.id === "") wrong.push("an event without an id was handled");
        if (typeof (payload as { id?: unknown }).id !== "string")
          wrong.push("what does not fit the schema was handled");
      }
      const codes = lines.flatMap(({ outcome, code }) => (outcome === "rejected" ? [String(code)] : []));
      if (status === 400 && codes.length === 0) wrong.push("refused without a code");
      if (codes.some((code) => !/^MR302[0-3]$/.test(code))) wrong.push(`codes ${codes.join()}`);
      if (lines.some(({ message }) => message === "failed")) wrong.push(`failed: ${JSON.stringify(lines)}`);
      if (JSON.stringify(lines).includes(SECRET)) wrong.push("the payload is in the log");
      expect(wrong.map((what) => `${what}: ${shown(request)}`)).toEqual([]);
    }
    // So that it is noticed when everything is refused before it is looked at, or nothing is.
    expect(statuses[204]).toBeGreaterThan(0.05 * RUNS);
    expect(statuses[400]).toBeGreaterThan(0.3 * RUNS);
    expect(published.length).toBeGreaterThan(10);
  });

  it("are told apart from a job's environment, or refused with its code", () => {
    const random = seededRandom(SEED).fork("jobs");
    const values = ["", "0", "1", "2", "-1", "1.5", "1e3", "0x1", " 1", "٣", "NaN", "Infinity", "9".repeat(30), "x"];
    let understood = 0;
    for (let i = 0; i < 2_000; i++) {
      const env: Record<string, string> = { ...ENVIRONMENTS[0]!.env };
      for (const name of Object.keys(env)) if (random.below(3) === 0) env[name] = values[random.below(values.length)]!;
      try {
        const { execution, index, count, attempt } = readTask("nightly", env);
        understood++;
        expect(execution).not.toBe("");
        expect([index, count, attempt].every(Number.isInteger)).toBe(true);
        expect(index >= 0 && index < count && attempt >= 0).toBe(true);
      } catch (error) {
        if (!(error instanceof IssuesError)) throw error;
        expect(new Set(error.issues.map(({ code }) => code))).toEqual(new Set(["MR3024"]));
      }
    }
    expect(understood).toBeGreaterThan(100);
  });

  it("never take a token elsewhere than to Google's callbacks", async () => {
    const random = seededRandom(SEED).fork("callbacks");
    const good =
      "https://workflowexecutions.googleapis.com/v1/projects/1/locations/l/workflows/w/executions/e/callbacks/c_1";
    const told: string[] = [];
    const tell = workflowCallbacks({
      accessToken: async () => "token",
      fetch: async (url) => {
        told.push(url as string);
        return new Response("{}");
      },
    });
    const pieces = [
      "@evil.example",
      "//evil.example",
      "/../..",
      "?x",
      "#",
      "%2f",
      "\\",
      "\n",
      "",
      ".",
      ":443",
      "\u2028",
    ];
    for (let i = 0; i < 3_000; i++) {
      const at = random.below(good.length + 1);
      const rest = good.slice(at + random.below(3));
      const url = i === 0 ? good : good.slice(0, at) + pieces[random.below(pieces.length)]! + rest;
      await tell(incoming({}, { attributes: { "millrace-callback": url } }), { outcome: { kind: "done" } });
    }
    expect(told.length).toBeGreaterThan(0);
    for (const url of told) {
      const { protocol, host, pathname, search, hash, username } = new URL(url);
      expect([protocol, host, search, hash, username]).toEqual([
        "https:",
        "workflowexecutions.googleapis.com",
        "",
        "",
        "",
      ]);
      expect(pathname).toMatch(
        /^\/v1\/projects\/[^/]+\/locations\/[^/]+\/workflows\/[^/]+\/executions\/[^/]+\/callbacks\/[^/]+$/,
      );
    }
  });
});
