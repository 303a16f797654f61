import type { IncomingHttpHeaders } from "node:http";
import { type Caller, CALLERS, REDRIVE_HEADER } from "../../../contract/callers";
import { ENV } from "../../../contract/environment";
import { callersDoor } from "../../../runtime/auth/callers";
import { createCore } from "../../../runtime/core";
import { defineHandler } from "../../../runtime/handler";
import { defineContract } from "../../../contract";
import { virtualClock } from "../../../local/engine/clock";
import { environmentFor } from "../support/environment";
import { common } from "../support/orders";
import { AUDIENCE, CALLER, goodClaims, strippedToken } from "../support/tokens";

const START = 1_700_000_000_000;

/** What a request shows of its sender. */
const REQUESTS = {
  "a wrapped push": {},
  "an unwrapped push": { "x-goog-pubsub-message-id": "7" },
  "an unwrapped push of a CloudEvent": { "x-goog-pubsub-message-id": "7", "ce-specversion": "1.0" },
  "an unwrapped push with an attribute of Scheduler's": { "x-goog-pubsub-message-id": "7", "x-cloudscheduler": "true" },
  "a task": { "x-cloudtasks-taskname": "t" },
  "a task that looks like a push": { "x-cloudtasks-taskname": "t", "x-goog-pubsub-message-id": "7" },
  "a run": { "x-cloudscheduler": "true" },
  "a CloudEvent": { "ce-specversion": "1.0" },
  "a step": { "x-millrace-workflow-execution": "e" },
  "a redriven letter": { [REDRIVE_HEADER]: "1" },
} as const satisfies Record<string, IncomingHttpHeaders>;
type Request = keyof typeof REQUESTS;

const PLAIN: readonly Request[] = ["a wrapped push", "a CloudEvent", "a redriven letter"];
/** What each kind of caller may send by an account that was wired for it. */
const SENDS: Readonly<Record<Caller, readonly Request[]>> = {
  pubsub: ["a wrapped push", "an unwrapped push", "an unwrapped push of a CloudEvent", "a redriven letter"],
  eventarc: PLAIN,
  tasks: ["a task", "a redriven letter"],
  scheduler: ["a run", "a redriven letter"],
  workflows: [...PLAIN, "a step"],
  job: ["a redriven letter"],
  direct: PLAIN,
};

const admitted = async (callers: readonly Caller[], told: readonly string[]) => {
  const door = callersDoor(() => () => ({ ok: true, email: CALLER }), told, callers);
  const verdicts = await Promise.all(
    Object.entries(REQUESTS).map(async ([name, headers]) => [name, await door(headers)] as const),
  );
  for (const [, verdict] of verdicts)
    if (!verdict.ok)
      expect(verdict).toMatchObject({ status: 403, code: "MR3026", reason: expect.stringContaining(CALLER) });
  return verdicts.flatMap(([name, { ok }]) => (ok ? [name] : [])).sort();
};
const KINDS = Object.keys(CALLERS) as readonly Caller[];

describe("the door of a handler whose contract names its callers", () => {
  it.each(KINDS)("lets in what %s sends, and nothing else", async (caller) => {
    expect(await admitted([caller], [`${caller}:${CALLER}`])).toEqual([...SENDS[caller]].sort());
  });

  it.each(KINDS)("takes an account of which nobody says what it was wired for as one of %s alone", async (caller) => {
    expect(await admitted([caller], [CALLER])).toEqual([...SENDS[caller]].sort());
  });

  it.each(KINDS)(
    "lets in nothing of an account that was wired for %s, when the contract names others",
    async (caller) => {
      const others = KINDS.filter((other) => other !== caller);
      expect(await admitted(others, [`${caller}:${CALLER}`])).toEqual([]);
    },
  );

  it("tells two accounts apart, each wired for its own", async () => {
    const told = [`tasks:${CALLER}`, "pubsub:push@p.example"];
    expect(await admitted(["pubsub", "tasks"], told)).toEqual([...SENDS.tasks].sort());
  });

  it("refuses before that whom the token door refuses, whatever the request shows", async () => {
    const refusal = { ok: false, status: 401, reason: "expired" } as const;
    const accounts: string[] = [];
    const door = callersDoor(
      (told) => {
        accounts.push(...told);
        return () => refusal;
      },
      [`pubsub:${CALLER}`, "other@p.example"],
      ["pubsub"],
    );
    expect(await door({})).toBe(refusal);
    expect(accounts).toEqual([CALLER, "other@p.example"]);
  });
});

describe("a delivery whose sender the contract excludes", () => {
  const handled: string[] = [];
  const handler = defineHandler(
    defineContract({ ...common, effects: "at-least-once", callers: ["pubsub"] }),
    async ({ id }) => void handled.push(id),
  );
  const lines: Record<string, unknown>[] = [];
  const clock = virtualClock(START);
  const core = createCore(handler, {
    env: { ...environmentFor(handler), [ENV.callers]: CALLER, [ENV.audience]: AUDIENCE },
    clock,
    write: (line) => lines.push(JSON.parse(line) as Record<string, unknown>),
  });
  const post = (id: string, headers: IncomingHttpHeaders) =>
    core.handle({
      method: "POST",
      path: "/",
      headers: { authorization: strippedToken(goodClaims(START)), ...headers },
      body: async () =>
        Buffer.from(
          JSON.stringify({ message: { messageId: id, data: Buffer.from(JSON.stringify({ id })).toString("base64") } }),
        ),
    });

  it("is refused although its account is listed, and logged with the code (MR3026)", async () => {
    expect(await post("1", {})).toMatchObject({ status: 204 });
    expect(await post("2", { "x-cloudtasks-taskname": "t", "x-cloudtasks-queuename": "q" })).toMatchObject({
      status: 403,
      text: expect.stringMatching(/calls as tasks; the contract takes events of pubsub/),
    });
    expect(handled).toEqual(["1"]);
    expect(lines.at(-1)).toMatchObject({ message: "refused", status: 403, code: "MR3026" });
  });
});
