import { join } from "node:path";
import { App } from "cdktf";
import { check } from "../../cli/commands/check";
import { EXIT } from "../../cli/exit";
import { MillraceStack, Subscription, Topic } from "../../constructs";
import { project } from "../support/project";
import { STACK } from "../support/synth";
import { screen } from "./screen";

const foreign = (file: string) => join(__dirname, "../local/deliverability/foreign", file);

async function run(
  subject: string | undefined,
  options: { out?: string; json?: boolean; strict?: boolean; accept?: string[] } = {},
) {
  const { terminal, stdout, stderr } = screen();
  const exit = await check(subject, { out: "cdktf.out", state: "unused", accept: [], ...options }, terminal);
  return { exit, stdout: stdout(), stderr: stderr() };
}

/** An app with a stack per environment, whose subscription drops what nobody can handle. */
function synthesized(...environments: readonly string[]): string {
  const out = project({}, "cdktf.out");
  const app = new App({ outdir: out });
  for (const environment of environments) {
    const stack = new MillraceStack(app, { ...STACK, environment });
    new Subscription(stack, "Orders", { topic: new Topic(stack, "Placed"), deadLetter: false });
  }
  app.synth();
  return out;
}

describe("millrace check", () => {
  it("says that nothing is wrong, and of how much", async () => {
    const { exit, stderr, stdout } = await run(foreign("wired.tf.json"));
    expect(exit).toBe(EXIT.ok);
    expect(stdout).toBe("");
    expect(stderr).toBe("wired: 6 steps that somebody must be allowed to take, no findings\n");
  });

  it("fails on errors, with place, problem and fix", async () => {
    const { exit, stderr } = await run(foreign("schedules.tf.json"));
    expect(exit).toBe(EXIT.findings);
    expect(stderr).toMatch(
      /MR4427 schedules\/google_cloud_scheduler_job\.report: .*OIDC token.*\n {2}set an oauth_token in place of it\./,
    );
    expect(stderr).toMatch(/8 errors, 3 warnings\n$/);
  });

  it("looks at every stack when none is named, and fails on warnings when told to", async () => {
    const out = synthesized("dev", "prod");
    expect(await run(undefined, { out })).toMatchObject({ exit: EXIT.ok });
    const { exit, stderr } = await run(undefined, { out, strict: true });
    expect(exit).toBe(EXIT.findings);
    expect(stderr).toMatch(/MR4411 web-dev\/Orders/);
    expect(stderr).toMatch(/MR4411 web-prod\/Orders/);
    expect(await run("web-dev", { out, strict: true, accept: ["MR4411"] })).toMatchObject({ exit: EXIT.ok });
  });

  it("writes one document with the issues and every step of the paths", async () => {
    const { stdout } = await run(foreign("wired.tf.json"), { json: true });
    const { schemaVersion, plans } = JSON.parse(stdout);
    expect(schemaVersion).toBe(1);
    expect(plans[0].issues).toEqual([]);
    expect(plans[0].paths).toContainEqual({
      path: "google_pubsub_subscription.orders calls google_cloud_run_v2_service.orders as orders-push@<var.project>.iam.gserviceaccount.com",
      principal: "serviceAccount:orders-push@<var.project>.iam.gserviceaccount.com",
      role: "roles/run.invoker",
      resource: "projects/<var.project>/locations/europe-west1/services/orders",
      grantedBy: "wired/google_cloud_run_v2_service_iam_member.push",
    });
  });

  it("says that it looks into no module of a document", async () => {
    const topic = { google_pubsub_topic: { a: { name: "a" } } };
    const folder = project({
      "a.tf.json": JSON.stringify({ module: { queues: { source: "./queues" } }, resource: topic }),
    });
    expect((await run(join(folder, "a.tf.json"))).stderr).toMatch(/MR4451 a\/module\.queues/);
  });

  it.each([
    ["a stack that is not there", "nope", {}, /MR4002/],
    ["a folder without a plan", __dirname, {}, /MR4450/],
    ["a code that there is not", undefined, { accept: ["nonsense"] }, /nonsense is no code/],
  ])("refuses %s", async (_what, subject, options, message) => {
    await expect(run(subject, { out: synthesized("dev"), ...options })).rejects.toThrow(message);
  });
});
