import type { Caller } from "../../../contract";
import {
  CloudRunJob,
  CloudRunService,
  EventarcTrigger,
  EventDrivenPipeline,
  SchedulerJob,
  ServiceAccount,
  TaskQueue,
} from "../../../constructs";
import { handlersOf, testContract } from "../../support/handlers";
import { type Breakable, built, issuesOf, type Subject } from "./plans";

const CHARGE: readonly Caller[] = ["eventarc", "pubsub", "scheduler", "tasks"];
const charge = testContract({ callers: CHARGE });
const items = testContract({ name: "items", callers: ["job"] });

/** A plan whose wiring and contracts agree. */
const subject = built(
  (stack) => {
    const code = { contract: charge, entry: "charge.handler.ts" };
    const acknowledge = [{ code: "MR1601", reason: "what is lost is read again" }] as const;
    const service = new CloudRunService(stack, "Charge", {
      ...code,
      transports: ["tasks", "scheduler", "cloudEvents"],
    });
    new EventDrivenPipeline(stack, "Orders", { consumers: [{ contract: charge, runOn: () => service }] });
    new SchedulerJob(stack, "Nightly", { schedule: "0 3 * * *", target: { call: service } });
    new TaskQueue(stack, "Queue", { routing: { target: service, as: new ServiceAccount(stack, "Tasks") } });
    new EventarcTrigger(stack, "Seen", { event: { on: "document-written" }, target: service, acknowledge });
    new CloudRunJob(stack, "Items", { contract: items, entry: "items.handler.ts" });
  },
  { handlersDir: handlersOf(charge, items), deletionProtection: false },
);

/** The same plan beside contracts that name others; nothing else tells the check what a contract says. */
const beside = (name: string, callers: readonly Caller[]): Subject => ({
  ...subject,
  contracts: new Map(
    [...subject.contracts].map(([hash, manifest]) => [
      hash,
      manifest.name === name ? { ...manifest, callers } : manifest,
    ]),
  ),
});
const saidOf = (of: Subject, change?: (json: Breakable) => void) =>
  issuesOf(of, change).flatMap(({ code, path, got }) => (code === "MR4428" ? [`${path} ${got}`] : []));

describe("a plan beside the contracts of its handlers", () => {
  it("delivers where they name what the plan wires", () => {
    expect(issuesOf(subject).filter(({ severity }) => severity === "error")).toEqual([]);
  });

  it.each([
    ["pubsub", ["web-dev/Charge pubsub", "web-dev/Orders/charge/Subscription/Subscription pubsub"]],
    ["scheduler", ["web-dev/Charge scheduler", "web-dev/Nightly scheduler"]],
    ["tasks", ["web-dev/Charge tasks", "web-dev/Queue tasks"]],
    ["eventarc", ["web-dev/Charge eventarc", "web-dev/Seen eventarc"]],
  ] as const)(
    "does not where a contract excludes %s, by what calls and by what the runtime is told",
    (caller, said) => {
      const rest = CHARGE.filter((one) => one !== caller);
      expect(saidOf(beside("charge", rest)).sort()).toEqual([...said].sort());
    },
  );

  it("does not where a contract excludes the job that its handler is", () => {
    expect(saidOf(beside("items", ["pubsub"]))).toEqual(["web-dev/Items job"]);
  });

  it("is not asked where there are none", () => {
    expect(saidOf({ ...beside("charge", ["direct"]), contracts: new Map() })).toEqual([]);
  });

  it("still finds accounts by the e-mail in what the runtime is told (MR4425)", () => {
    const forget = (json: Breakable) => {
      const [service] = Object.values<Breakable>(json["resource"]["google_cloud_run_v2_service"]);
      const env = service!["template"].containers[0].env as { name: string; value: string }[];
      const told = env.find(({ name }) => name === "MILLRACE_CALLERS")!;
      told.value = told.value
        .split(",")
        .filter((one) => !one.startsWith("scheduler:"))
        .join(",");
    };
    expect(issuesOf(subject, forget).map(({ code, path }) => `${code} ${path}`)).toContain("MR4425 web-dev/Nightly");
  });
});
