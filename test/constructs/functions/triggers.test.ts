import { Bucket, CloudFunction, EventDrivenPipeline, every, principal, SchedulerJob, Topic } from "../../../constructs";
import type { MillraceStack, PipelineSource } from "../../../constructs";
import { built, issuesOf, jsonOf, resourcesOf } from "../../local/deliverability/plans";
import { read } from "../../repo/tree";
import { handlersOf, testContract } from "../../support/handlers";

const contract = testContract({ name: "charge" });
const entry = "charge.handler.ts";

const called = (stack: MillraceStack, transports: readonly "scheduler"[] = []) =>
  new CloudFunction(stack, "Charge", { contract, entry, transports });
const fed = (source: (stack: MillraceStack) => PipelineSource) => (stack: MillraceStack) =>
  void new EventDrivenPipeline(stack, "Orders", {
    source: source(stack),
    consumers: [{ runOn: "function", contract, entry }],
  });

/** By the kinds of the page; Firebase Auth is refused, which is tested where sources are. */
const KINDS: Readonly<Record<string, readonly ((stack: MillraceStack) => void)[]>> = {
  HTTP: [(stack) => void called(stack).grantInvoke(principal("serviceAccount:shop@acme-shop.iam.gserviceaccount.com"))],
  "Pub/Sub": [
    (stack) =>
      void new EventDrivenPipeline(stack, "Orders", {
        topic: new Topic(stack, "Placed"),
        consumers: [{ runOn: "function", contract, entry }],
      }),
  ],
  "Cloud Storage": [fed((stack) => ({ bucket: new Bucket(stack, "In"), events: ["finalized"] }))],
  Firestore: [fed(() => ({ documents: { path: "orders/{order}" } }))],
  Scheduler: [
    fed(() => ({ schedule: every.minutes(5) })),
    (stack) =>
      void new SchedulerJob(stack, "Nightly", {
        schedule: every.day("03:00"),
        target: { call: called(stack, ["scheduler"]) },
      }),
  ],
  "Audit logs": [fed(() => ({ auditLog: { service: "storage.googleapis.com", method: "storage.objects.create" } }))],
};

describe("what calls a function", () => {
  const cases = Object.entries(KINDS).flatMap(([kind, ways]) =>
    ways.map((build, at) => ({ kind, way: at + 1, build })),
  );

  it.each(cases)("is delivered to it and let in by one grant: $kind, way $way", ({ build }) => {
    const subject = built(build, { handlersDir: handlersOf(contract), deletionProtection: false });
    expect(issuesOf(subject).map(({ code, path }) => `${code} ${path}`)).toEqual([]);
    const [service] = resourcesOf(jsonOf(subject), /^google_cloudfunctions2_function$/);
    const invokers = resourcesOf(jsonOf(subject), /^google_cloud_run_v2_service_iam_member$/).filter(([, , { name }]) =>
      String(name).includes(service![1]),
    );
    expect(invokers.map(([, , { role }]) => role as string)).toEqual(["roles/run.invoker"]);
    const without = issuesOf(subject, (json) => delete json["resource"][invokers[0]![0]][invokers[0]![1]]);
    expect(without).not.toEqual([]);
  });

  it("is every kind that the page names, but the one that is refused", () => {
    const named = [...read("docs/functions/triggers.md").matchAll(/^\| ([A-Z][\w/ ]*?) +\|/gm)].map(([, kind]) => kind);
    expect(named).toEqual([...Object.keys(KINDS), "Firebase Auth"]);
  });
});
