import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { renderIssue } from "../../../contract/issue";
import {
  CloudRunJob,
  CloudRunService,
  DeadLetteredSubscription,
  EventDrivenPipeline,
  grantsOf,
  type MillraceStack,
  type Redriven,
  Topic,
  workerPool,
} from "../../../constructs";
import type { TransportName } from "../../../constructs/packaging/wrapper";
import { handlersOf, testContract } from "../../support/handlers";
import { type Attributes, codesOf, plan } from "../../support/synth";
import { built, issuesOf, jsonOf, resourcesOf } from "../../local/deliverability/plans";

const contract = testContract();
const forgetful = testContract({ name: "forgetful", store: "memory" });
const handlersDir = handlersOf(contract, forgetful);
const IMAGE = `example.com/app@sha256:${"0".repeat(64)}`;

const pipeline = (stack: MillraceStack, redrive?: Redriven, code: object = { entry: "charge.handler.ts" }) =>
  new EventDrivenPipeline(stack, "Shop", {
    consumers: [
      { contract, runOn: "service", environment: { BANK: "b" }, ...code, ...(redrive && { redrive }) } as never,
    ],
  });
const variablesOf = ({ template }: Attributes) =>
  Object.fromEntries(
    (template.template.containers[0].env as { name: string; value: string }[]).map(({ name, value }) => [name, value]),
  );

describe("a redrive job", () => {
  it("is there only when it is asked for", () => {
    expect(plan((stack) => pipeline(stack), { handlersDir }).all("google_cloud_run_v2_job")).toEqual([]);
  });

  it("has the handler's code, identity and variables, and is told what to take and how", () => {
    const { one } = plan(
      (stack) => pipeline(stack, { causes: ["Declined", "Timeout"], newerThan: "2d", rate: 5, dryRun: true }),
      { handlersDir },
    );
    const job = one("google_cloud_run_v2_job");
    const service = one("google_cloud_run_v2_service");
    expect(job["template"]).toMatchObject({ task_count: 1, template: { max_retries: 0, timeout: "3600s" } });
    expect(job["template"].template.service_account).toBe(service["template"].service_account);
    expect(variablesOf(job)).toMatchObject({
      BANK: "b",
      MILLRACE_CONTRACT_HASH: contract.hash,
      MILLRACE_DEAD_LETTER_TOPIC: "projects/acme-dev/topics/web-dev-charge-dead-letter",
      MILLRACE_SUBSCRIPTION: "projects/acme-dev/subscriptions/web-dev-charge-dead-letter",
      MILLRACE_REDRIVE_CAUSES: "Declined,Timeout",
      MILLRACE_REDRIVE_NEWER_THAN: "2d",
      MILLRACE_REDRIVE_RATE: "5",
      MILLRACE_REDRIVE_DRY_RUN: "1",
    });
    // Nobody calls it, and nothing starts it.
    expect(variablesOf(job)["MILLRACE_CALLERS"]).toBeUndefined();
  });

  it("is told where events go that are published later", () => {
    const publishing = testContract({ publishes: ["paid"] });
    const { one } = plan(
      (stack) =>
        new EventDrivenPipeline(stack, "Shop", {
          consumers: [
            {
              contract: publishing,
              runOn: "service",
              entry: "charge.handler.ts",
              redrive: true,
              publishTo: { paid: new Topic(stack, "Paid") },
            },
          ],
        }),
      { handlersDir: handlersOf(publishing) },
    );
    expect(variablesOf(one("google_cloud_run_v2_job"))["MILLRACE_TOPICS"]).toBe(
      "paid=projects/acme-dev/topics/web-dev-paid",
    );
  });

  it("hangs on a dead-lettered subscription too, with the identity of its target", () => {
    const { one } = plan(
      (stack) => {
        const target = new CloudRunService(stack, "Handler", { contract, entry: "charge.handler.ts" });
        const topic = new Topic(stack, "Orders");
        const ackDeadline = "65s";
        const redrive = { contract, entry: "charge.handler.ts" };
        new DeadLetteredSubscription(stack, "Charge", { topic, push: { target }, ackDeadline, redrive });
      },
      { handlersDir },
    );
    expect(one("google_cloud_run_v2_job")["template"].template.service_account).toBe(
      one("google_cloud_run_v2_service")["template"].service_account,
    );
  });

  it.each([
    [
      "records in memory",
      "MR1369",
      (stack: MillraceStack) => {
        const redrive = { contract: forgetful, entry: "forgetful.handler.ts" };
        new DeadLetteredSubscription(stack, "Charge", { topic: new Topic(stack, "Orders"), redrive });
      },
    ],
    ["a rate of nothing", "MR1370", (stack: MillraceStack) => pipeline(stack, { rate: 0 })],
    ["half a letter", "MR1370", (stack: MillraceStack) => pipeline(stack, { limit: 0.5 })],
    ["code that is an image", "MR1371", (stack: MillraceStack) => pipeline(stack, true, { image: IMAGE })],
  ] as const)("refuses %s", (_, code, build) => {
    expect(codesOf(build, { handlersDir })).toContain(code);
  });
});

describe("the redrive job of a job", () => {
  const job =
    (props: object = {}) =>
    (stack: MillraceStack) => {
      const code = { contract, entry: "charge.handler.ts", environment: { BANK: "b" }, redrive: { rate: 5 }, ...props };
      new CloudRunJob(stack, "Prices", code);
    };

  it("has the handler's code, identity and variables, and takes the items that it has parked", () => {
    const { all } = plan(job(), { handlersDir });
    const [its, redrive] = ["web-dev-charge", "web-dev-charge-redrive"].map((name) =>
      all("google_cloud_run_v2_job").find((one) => one["name"] === name),
    );
    expect(redrive!["template"].template.service_account).toBe(its!["template"].template.service_account);
    expect(variablesOf(redrive!)).toMatchObject({
      BANK: "b",
      MILLRACE_CONTRACT_HASH: contract.hash,
      MILLRACE_DEAD_LETTER_TOPIC: variablesOf(its!)["MILLRACE_DEAD_LETTER_TOPIC"],
      MILLRACE_SUBSCRIPTION: "projects/acme-dev/subscriptions/web-dev-charge-dead-letter",
      MILLRACE_REDRIVE_RATE: "5",
    });
    expect(plan(job({ redrive: undefined }), { handlersDir }).all("google_cloud_run_v2_job")).toHaveLength(1);
  });

  it.each([
    ["an image that does not say where the handler is", { entry: undefined, image: IMAGE }],
    ["an image without a handler", { contract: undefined, entry: undefined, image: IMAGE }],
  ])("is refused for %s", (_, props) => {
    expect(codesOf(job(props), { handlersDir })).toContain("MR1371");
  });

  it("delivers, as far as the plan alone shows", () => {
    const subject = built(job(), { handlersDir });
    expect(issuesOf({ ...subject, declared: new Map() }).map(renderIssue)).toEqual([]);
  });
});

describe("a handler that tells workflows which wait", () => {
  it("does so when it pulls, and when its redrive job gives it an event again", () => {
    const bundles = (transports: readonly TransportName[]) => {
      const subject = built(
        (stack) =>
          new EventDrivenPipeline(stack, "Shop", {
            consumers: [
              workerPool({ contract, entry: "charge.handler.ts", redrive: true, transports: transports as never }),
            ],
          }),
        { handlersDir },
      );
      const folder = join(subject.documents[0]!.directory, "archives");
      return readdirSync(folder)
        .filter((file) => file.endsWith(".cjs"))
        .map((file) => [file.replace(/-[0-9a-f]+\.cjs$/, ""), readFileSync(join(folder, file), "utf8")] as const)
        .map(([name, code]) => [name, code.includes("workflowCallbacks")]);
    };
    expect(bundles(["workflowCallbacks"])).toEqual([
      ["charge", true],
      ["charge-redrive", true],
    ]);
    expect(bundles([])).toEqual([
      ["charge", false],
      ["charge-redrive", false],
    ]);
  });
});

describe("the plan of a redrive job", () => {
  const subject = built((stack) => pipeline(stack, true), { handlersDir });

  it("delivers, and grants nothing in vain, as far as the plan alone shows", () => {
    expect(issuesOf({ ...subject, declared: new Map() }).map(renderIssue)).toEqual([]);
  });

  it("speaks when any grant of the job's identity is taken away", () => {
    const taken = resourcesOf(jsonOf(subject), /_iam_member$/).filter(([, , { member }]) => /Identity/.test(member));
    const silent = taken.filter(([type, name]) =>
      issuesOf({ ...subject, declared: new Map() }, (json) => delete json["resource"][type][name]).every(
        ({ code }) => code === "MR4442",
      ),
    );
    expect(taken.map(([, , { role }]) => role)).toContain("roles/pubsub.subscriber");
    expect(silent).toEqual([]);
  });

  it("gives the reason why the handler's identity may take dead letters", () => {
    let reasons: readonly string[] = [];
    plan(
      (stack) => {
        pipeline(stack, true);
        reasons = grantsOf(stack).flatMap(({ resource, role, reasons: why }) =>
          role === "roles/pubsub.subscriber" && resource.endsWith("dead-letter") ? why : [],
        );
      },
      { handlersDir },
    );
    expect(reasons).toEqual(["takes dead letters to redrive them"]);
  });
});
