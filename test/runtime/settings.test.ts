import { codes, defineContract } from "../../contract";
import { ENV } from "../../contract/environment";
import { firestoreStore } from "../../runtime/firestore";
import { defineHandler, type Handler } from "../../runtime/handler";
import { readSettings } from "../../runtime/settings";
import { memoryStore } from "../../runtime/store/memory";
import type { Store } from "../../runtime/store/store";
import { cloudScheduler } from "../../runtime/transports/cloud-scheduler";
import { cloudTasks } from "../../runtime/transports/cloud-tasks";
import { environmentFor } from "./support/environment";
import { common } from "./support/orders";

const inFirestore = defineHandler(
  defineContract({ ...common, store: "firestore", effects: "transactional", retry: { attempts: 8 } }),
  async () => {},
);
const inMemory = defineHandler(defineContract({ ...common, effects: "at-least-once" }), async () => {});
const good = environmentFor(inFirestore);

/** Severity and code of everything that is said about an environment. */
const issuesOf = (env: NodeJS.ProcessEnv, handler: Handler = inFirestore, store?: Store | null) => {
  const given = store === undefined ? firestoreStore({ env }) : (store ?? undefined);
  return readSettings(handler, { store: given }, env).issues;
};
const brief = (...args: Parameters<typeof issuesOf>) =>
  issuesOf(...args).map(({ severity, code }) => `${severity} ${code}`);

describe("the start of a handler", () => {
  it("finds nothing to say about what the constructs set", () => {
    expect(brief(good)).toEqual([]);
    expect(readSettings(inFirestore, { store: firestoreStore({ env: good }) }, good).settings).toEqual({
      local: false,
      project: "p",
      deadlineMs: 65_000,
      maxDeliveryAttempts: 10,
      audiences: ["https://orders.example"],
      callers: ["push@p.iam.gserviceaccount.com"],
      deadLetterTopic: "projects/p/topics/dead",
      issuer: undefined,
      time: undefined,
      pubsubEmulatorHost: undefined,
    });
  });

  it.each<[string, NodeJS.ProcessEnv, string]>([
    ["another contract's hash", { [ENV.contractHash]: "0".repeat(64) }, "MR3010"],
    ["no hash", { [ENV.contractHash]: undefined }, "MR3010"],
    ["a deadline without the margin", { [ENV.deadlineMs]: "64999" }, "MR3011"],
    ["no deadline", { [ENV.deadlineMs]: undefined }, "MR3011"],
    ["a deadline that is no number", { [ENV.deadlineMs]: "60s" }, "MR3018"],
    ["a count of deliveries that is no number", { [ENV.maxDeliveryAttempts]: "-1" }, "MR3018"],
    ["no audience", { [ENV.audience]: " , " }, "MR3012"],
    ["no callers", { [ENV.callers]: undefined }, "MR3013"],
    ["another store", { [ENV.store]: "memory" }, "MR3014"],
    ["no store", { [ENV.store]: undefined }, "MR3014"],
    ["no database", { [ENV.firestoreDatabase]: undefined }, "MR3014"],
    ["a database that is none", { [ENV.firestoreDatabase]: "(default)" }, "MR3014"],
    ["another token check", { [ENV.auth]: "self" }, "MR3015"],
    ["no platform to check tokens", { K_SERVICE: undefined }, "MR3015"],
    ["a clock in the cloud", { [ENV.clock]: "0:0:10" }, "MR3016"],
    ["an issuer in the cloud", { [ENV.issuer]: "http://127.0.0.1:1" }, "MR3016"],
    ["probes in the cloud", { [ENV.probe]: "1" }, "MR3016"],
    ["an issuer off loopback", { [ENV.environment]: "local", [ENV.issuer]: "http://127.0.0.1.example:1" }, "MR3016"],
    ["a clock that is none", { [ENV.environment]: "local", [ENV.clock]: "1:2" }, "MR3018"],
  ])("is refused with %s", (_name, change, code) => {
    const issues = issuesOf({ ...good, ...change });
    expect(issues).toEqual([expect.objectContaining({ severity: "error", code, path: "handler orders" })]);
    expect(codes).toHaveProperty(code);
  });

  it("is refused when it is given another store than the contract's (MR3014)", () => {
    expect(brief(good, inFirestore, null)).toEqual(["error MR3014"]);
    expect(brief(good, inFirestore, memoryStore())).toEqual(["error MR3014"]);
    expect(issuesOf(good, inFirestore, null)[0]!.fix).toBe("pass { store: firestoreStore() }");
  });

  it("reports everything that is wrong at once", () => {
    expect(brief({}).sort()).toEqual([
      "error MR3010",
      "error MR3011",
      "error MR3012",
      "error MR3013",
      "error MR3014",
      "error MR3014",
      "error MR3015",
      "warning MR3030",
    ]);
  });

  it("warns of what is unwise but safe", () => {
    expect(brief({ ...good, [ENV.deadLetterTopic]: "" })).toEqual(["warning MR3030"]);
    expect(brief({ ...good, [ENV.maxDeliveryAttempts]: "8" })).toEqual(["warning MR3031"]);
    const memory = environmentFor(inMemory);
    expect(brief(memory, inMemory, null)).toEqual(["warning MR3032"]);
    expect(brief({ ...memory, [ENV.environment]: "local" }, inMemory, null)).toEqual([]);
  });

  it.each([
    ["a queue", [cloudTasks()]],
    ["a schedule", [cloudScheduler()]],
  ])("lets %s make fewer attempts than the contract, since its last one parks (MR3031)", (_name, transports) => {
    const env = { ...good, [ENV.maxDeliveryAttempts]: "2" };
    const issuesWith = (given: typeof transports) =>
      readSettings(inFirestore, { store: firestoreStore({ env }), transports: given }, env).issues;
    expect(issuesWith([]).map(({ code }) => code)).toEqual(["MR3031"]);
    expect(issuesWith(transports)).toEqual([]);
  });

  it("takes clock and issuer from the local engine", () => {
    const env = {
      ...good,
      [ENV.environment]: "local",
      [ENV.clock]: "1000:2000:10",
      [ENV.issuer]: "http://127.0.0.1:9",
      [ENV.probe]: "1",
      PUBSUB_EMULATOR_HOST: "127.0.0.1:8085",
    };
    expect(brief(env)).toEqual([]);
    expect(readSettings(inFirestore, { store: firestoreStore({ env }) }, env).settings).toMatchObject({
      local: true,
      time: { realEpochMs: 1_000, engineEpochMs: 2_000, scale: 10 },
      issuer: "http://127.0.0.1:9",
      pubsubEmulatorHost: "127.0.0.1:8085",
    });
  });
});
