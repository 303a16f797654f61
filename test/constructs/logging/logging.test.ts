import { App } from "cdktf";
import {
  auditFilter,
  type AuditLogEvents,
  CloudRunService,
  EventarcTrigger,
  grantsOf,
  LogSink,
  type LogSinkProps,
  MillraceStack,
  Topic,
} from "../../../constructs";
import { findingsOf } from "../../../constructs/core";
import { codesOf, plan, planOf, STACK, testStack } from "../../support/synth";

const sink = (stack: MillraceStack, props: Partial<LogSinkProps> = {}) =>
  new LogSink(stack, "Errors", { topic: new Topic(stack, "Events"), filter: "severity >= ERROR", ...props });

describe("a log sink", () => {
  it("publishes to its topic, with an identity of its own that may", () => {
    const stack = testStack();
    sink(stack);
    const { one, address } = planOf(stack);
    const topic = address("google_pubsub_topic");
    expect(one("google_logging_project_sink")).toMatchObject({
      name: "web-dev-errors",
      destination: `pubsub.googleapis.com/\${${topic}.id}`,
      filter: "severity >= ERROR",
      unique_writer_identity: true,
    });
    expect(one("google_pubsub_topic_iam_member")).toMatchObject({
      role: "roles/pubsub.publisher",
      member: `\${${address("google_logging_project_sink")}.writer_identity}`,
    });
    expect(grantsOf(stack)).toEqual([
      expect.objectContaining({
        principal: "serviceAccount:service-123456789012@gcp-sa-logging.iam.gserviceaccount.com",
        resource: "projects/acme-dev/topics/web-dev-events",
      }),
    ]);
  });

  it("may publish once everything behind the topic is there", () => {
    const { one, address } = plan((stack) => {
      const other = new Topic(stack, "Other");
      sink(stack, { dependsOn: [other.resource] });
    });
    expect(one("google_pubsub_topic_iam_member")["depends_on"]).toContain(
      address("google_pubsub_topic", { name: "web-dev-other" }),
    );
  });

  it.each(["", " ", "x".repeat(20_001)])("lets through something, but not everything (MR1663)", (filter) => {
    expect(codesOf((stack) => sink(stack, { filter }))).toEqual(["MR1663"]);
  });
});

describe("the query of audited calls", () => {
  it("names the logs, the service, the method and the resource, and leaves failures out", () => {
    const query = auditFilter({
      service: "storage.googleapis.com",
      method: "storage.objects.create",
      resourcePrefix: "projects/_/buckets/in.d/",
      principal: "a@example.com",
      where: "severity = NOTICE",
    });
    expect(query).toContain('(protoPayload.methodName = "storage.objects.create")');
    expect(query).toContain(String.raw`(protoPayload.resourceName =~ "^projects/_/buckets/in\\.d/")`);
    expect(query).toContain('(protoPayload.authenticationInfo.principalEmail = "a@example.com")');
    expect(query).toContain("(NOT protoPayload.status.code > 0)");
    expect(query).toMatch(/ AND \(severity = NOTICE\)$/);
  });

  it("lets failures in when they are asked for", () => {
    expect(auditFilter({ service: "s", method: "m", failures: true })).not.toContain("status");
  });
});

describe("the audit logs that triggers need", () => {
  const image = `europe-docker.pkg.dev/acme/app@sha256:${"0".repeat(64)}`;
  const listen = (stack: MillraceStack, id: string, call: Omit<AuditLogEvents, "on">) =>
    new EventarcTrigger(stack, id, {
      event: { on: "audit-log", ...call },
      target: new CloudRunService(stack, `${id}Service`, { image }),
      acknowledge: [{ code: "MR1652", reason: "a test" }],
    });
  const storage = (method: string, more: Partial<AuditLogEvents> = {}) => ({
    service: "storage.googleapis.com",
    method,
    ...more,
  });

  it("are turned on once for a service, with everything that anybody in the stack listens to", () => {
    const { one, address } = plan((stack) => {
      listen(stack, "Made", storage("storage.objects.create"));
      listen(stack, "Read", storage("storage.objects.get"));
    });
    expect(one("google_project_iam_audit_config")).toMatchObject({
      service: "storage.googleapis.com",
      audit_log_config: [{ log_type: "DATA_READ" }, { log_type: "DATA_WRITE" }],
    });
    const trigger = one("google_eventarc_trigger", { name: "web-dev-made" });
    expect(trigger["depends_on"]).toContain(address("google_project_iam_audit_config"));
  });

  it.each([
    ["are always written of changes of resources", storage("storage.buckets.create")],
    ["are somebody else's business where he says so", storage("storage.objects.get", { enableLog: false })],
    ["are written of BigQuery whatever a project says", { service: "bigquery.googleapis.com", method: "any.thing" }],
  ])("%s", (_title, call) => {
    const { resources } = plan((stack) => listen(stack, "Made", call));
    expect(resources("google_project_iam_audit_config")).toEqual({});
  });

  it("must be named for methods that are not known (MR1654)", () => {
    const unknown = { service: "run.googleapis.com", method: "google.cloud.run.v2.Services.GetService" };
    expect(codesOf((stack) => listen(stack, "Made", unknown))).toEqual(["MR1654"]);
    const { one } = plan((stack) => listen(stack, "Made", { ...unknown, log: "admin-read" }));
    expect(one("google_project_iam_audit_config")["audit_log_config"]).toEqual([{ log_type: "ADMIN_READ" }]);
  });

  it("are not set by two stacks of one project, which would undo each other (MR1011)", () => {
    const app = new App();
    for (const name of ["web", "shop"]) {
      const stack = new MillraceStack(app, { ...STACK, app: name });
      listen(stack, "Made", storage("storage.objects.create"));
    }
    const { errors } = findingsOf(app);
    expect(errors.map(({ code, fix }) => [code, fix])).toEqual([
      ["MR1011", expect.stringContaining("enableLog: false")],
    ]);
  });
});
