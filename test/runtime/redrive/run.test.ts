import { readRedriveChoice, redriveVariables } from "../../../contract/redrive";
import { defineHandler } from "../../../runtime/handler";
import { firestoreStore } from "../../../runtime/firestore";
import { defineContract } from "../../../contract";
import { startGoogleStandIn } from "../../support/google-stand-in";
import { runRedrive } from "../../../runtime/redrive";
import { environmentFor } from "../support/environment";
import { atLeastOnce, common } from "../support/orders";

const handler = defineHandler(atLeastOnce, async () => {});

/** Runs the process to its end. @returns exit code, and codes and messages of its log */
async function run(env: Readonly<Record<string, string>>) {
  const lines: string[] = [];
  const code = await new Promise<number>((exit) => {
    void runRedrive(
      handler,
      { env: { ...environmentFor(handler), ...env }, write: (line) => lines.push(line) },
      { once: () => {}, exit },
    );
  });
  return { code, said: lines.join("") };
}

describe("a redrive job that must not start", () => {
  it("says that records in memory cannot be reopened", async () => {
    const { code, said } = await run({ MILLRACE_SUBSCRIPTION: "projects/p/subscriptions/s" });
    expect(code).toBe(1);
    expect(said).toContain("MR3025");
  });

  it("says every variable that it cannot read", async () => {
    const { code, said } = await run({ MILLRACE_REDRIVE_RATE: "fast", MILLRACE_REDRIVE_OLDER_THAN: "yesterday" });
    expect(code).toBe(1);
    for (const text of [
      'MILLRACE_REDRIVE_RATE=\\"fast\\" is not above 0',
      'MILLRACE_REDRIVE_OLDER_THAN=\\"yesterday\\" is not a duration',
      "MILLRACE_SUBSCRIPTION is not set",
    ])
      expect(said).toContain(text);
  });
});

describe("a redrive job that is told to stop", () => {
  it("begins with no further letter, waits for no rate, and gives back what it holds", async () => {
    const google = await startGoogleStandIn();
    try {
      const contract = defineContract({ ...common, store: "firestore", effects: "at-least-once" });
      const handled: string[] = [];
      const handlerOfIt = defineHandler(contract, ({ id }) => void handled.push(id));
      const letter = (id: string) => ({
        ackId: `ack-${id}`,
        message: {
          messageId: `letter-${id}`,
          data: Buffer.from(JSON.stringify({ id })).toString("base64"),
          attributes: {
            "millrace-handler": "orders",
            "millrace-cause": "Fatal",
            "millrace-attempts": "0",
            "millrace-message-id": id,
            "millrace-dedupe-id": id,
          },
          publishTime: new Date().toISOString(),
        },
      });
      google.on(":pull", { status: 200, body: { receivedMessages: [letter("1"), letter("2")] } });
      for (const method of [":modifyAckDeadline", ":acknowledge"]) google.on(method, { status: 200, body: {} });
      google.on(":commit", { status: 200, body: { writeResults: [{}], commitTime: "2026-01-01T00:00:00Z" } });
      const stops: (() => void)[] = [];
      const code = await new Promise<number>((exit) => {
        const store = firestoreStore({
          database: "projects/p/databases/(default)",
          accessToken: async () => "token",
          fetch: google.send,
          env: {},
        });
        const env = {
          ...environmentFor(handlerOfIt),
          PUBSUB_EMULATOR_HOST: google.address,
          MILLRACE_SUBSCRIPTION: "projects/p/subscriptions/dead",
          // One letter in a quarter of an hour.
          MILLRACE_REDRIVE_RATE: "0.001",
        };
        // SIGTERM comes while it waits for its rate.
        const report = async () => void setImmediate(() => stops.forEach((stop) => stop()));
        void runRedrive(
          handlerOfIt,
          { env, store, write: () => {}, report },
          { once: (_signal, listener) => stops.push(listener), exit },
        );
      });
      expect([code, handled]).toEqual([0, ["1"]]);
      expect(google.received.slice(-2).map(({ line, body }) => [line.split(":").at(-1), body])).toEqual([
        ["acknowledge", '{"ackIds":["ack-1"]}'],
        ["modifyAckDeadline", '{"ackIds":["ack-2"],"ackDeadlineSeconds":0}'],
      ]);
    } finally {
      await google.stop();
    }
  });
});

describe("the choice of a redrive job", () => {
  it("comes back from its variables as it was", () => {
    const choice = {
      causes: ["Declined", "Timeout"],
      keys: ["a,b", " c", "[d]"],
      olderThan: "5m",
      newerThan: "2d",
      unparked: false,
      rate: 0.5,
      limit: 10,
      maxRedrives: 2,
      dryRun: true,
    } as const;
    expect(readRedriveChoice(redriveVariables(choice))).toEqual({ choice, faults: [] });
    expect(redriveVariables({})).toEqual({});
  });

  it("takes lists as people write them, and nothing for nothing", () => {
    expect(readRedriveChoice({ MILLRACE_REDRIVE_CAUSES: "a, b,", MILLRACE_REDRIVE_KEYS: "" }).choice).toEqual({
      causes: ["a", "b"],
    });
    expect(readRedriveChoice({ MILLRACE_REDRIVE_KEYS: "[1]" }).faults).toHaveLength(1);
  });
});
