import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App } from "cdktf";
import { reportGrants } from "../../cli/commands/report-grants";
import { EXIT } from "../../cli/exit";
import { FirestoreDatabase, MillraceStack, principal, ServiceAccount, Topic } from "../../constructs";
import { STACK } from "../support/synth";
import { screen } from "./screen";

let out: string;
beforeEach(() => void (out = mkdtempSync(join(tmpdir(), "millrace-report-"))));
afterEach(() => rmSync(out, { recursive: true }));

function synthesize(build: (stack: MillraceStack) => void): void {
  const app = new App({ outdir: out });
  build(new MillraceStack(app, STACK));
  app.synth();
}

const shop = (stack: MillraceStack) => {
  const account = new ServiceAccount(stack, "Shop");
  const topic = new Topic(stack, "Placed");
  topic.grantPublish(account);
  topic.grantPublish(account, { reason: "replays lost orders" });
  new FirestoreDatabase(stack, "Store").grantReadWrite(principal("group:ops@example.com"));
};

async function report(stack?: string, json = false) {
  const { terminal, stdout, stderr } = screen();
  const exit = await reportGrants(stack, { out, state: "unused", json }, terminal);
  return { exit, stdout: stdout(), stderr: stderr() };
}

const file = () => join(out, "stacks/web-dev/grants.json");

describe("the report of a stack's grants", () => {
  it("says who may do what on which resource, and why, a line per reason", async () => {
    synthesize(shop);
    const { exit, stdout } = await report();
    expect(exit).toBe(EXIT.ok);
    const cells = stdout
      .trimEnd()
      .split("\n")
      .map((line) => line.trim().split(/ {2,}/));
    expect(cells).toEqual([
      ["PRINCIPAL", "ROLE", "RESOURCE", "REASON"],
      [
        "group:ops@example.com",
        "roles/datastore.user",
        "projects/acme-dev/databases/(default)",
        "reads and writes documents",
      ],
      ['if resource.name == "projects/acme-dev/databases/(default)"'],
      ["on the project, because Firestore has no roles on a database; a condition narrows the grant to this one"],
      [
        "serviceAccount:web-dev-shop@acme-dev.iam.gserviceaccount.com",
        "roles/pubsub.publisher",
        "projects/acme-dev/topics/web-dev-placed",
        "publishes messages",
      ],
      ["replays lost orders"],
    ]);
  });

  it("is one document for programs, and the file beside the plan", async () => {
    synthesize(shop);
    const { stdout } = await report("web-dev", true);
    expect(JSON.parse(stdout)).toMatchObject({
      schemaVersion: 1,
      stack: "web-dev",
      grants: [
        { on: "database", because: expect.any(String) },
        { on: "topic", reasons: ["publishes messages", "replays lost orders"] },
      ],
    });
    expect(JSON.parse(stdout)).toEqual(JSON.parse(readFileSync(file(), "utf8")));
  });

  it("names references as the plan does", async () => {
    synthesize((stack) => {
      const existing = ServiceAccount.fromExisting(stack, "Other", new ServiceAccount(stack, "Made").emailReference);
      existing.grantActAs(existing);
    });
    const { stdout } = await report("web-dev", true);
    expect(stdout).toMatch(/serviceAccount:\$\{google_service_account\.Made_\w+\.email\}/);
    expect(stdout).not.toContain("TfToken");
  });

  it("is empty for a stack that grants nothing, also when it once did", async () => {
    synthesize(shop);
    synthesize((stack) => void new Topic(stack, "Placed"));
    expect(await report()).toMatchObject({ exit: EXIT.ok, stdout: "", stderr: "web-dev grants nobody anything\n" });
  });

  it.each<[string, () => void]>([
    ["is not there", () => rmSync(file())],
    ["is no report of grants", () => writeFileSync(file(), "{}")],
    ["is no report of grants", () => writeFileSync(file(), "")],
  ])("is missed when the file %s", async (problem, spoil) => {
    synthesize(shop);
    spoil();
    await expect(report()).rejects.toMatchObject({
      issues: [{ code: "MR5007", problem: expect.stringContaining(problem.replace(/^is /, "")) }],
    });
  });

  it("needs a stack that is there", async () => {
    synthesize(shop);
    await expect(report("web-prod")).rejects.toThrow(/MR4002/);
  });
});
