import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App } from "cdktf";
import { jobsRun } from "../../cli/commands/jobs";
import { redrive as command, type RedriveCommandOptions } from "../../cli/commands/redrive";
import type { CrashPoint } from "../../contract/probe";
import { redriveVariables, type RedriveChoice } from "../../contract/redrive";
import { type Engine, startEngine } from "../../local/engine/engine";
import type { EngineEvent } from "../../local/engine/events";
import { screen } from "../cli/screen";
import { ShopStack } from "./shop/stack";

/* Handlers fail, their events are parked, the cause is mended, and their redrive jobs run on the engine. */

const scratch = mkdtempSync(join(tmpdir(), "millrace-"));
const [outDir, stateDir, folder] = ["out", "state", "shop"].map((name) => join(scratch, name)) as [
  string,
  string,
  string,
];
mkdirSync(folder);
const app = new App({ outdir: outDir });
const stack = new ShopStack(app, "local", folder);
app.synth();

const flag = (name: string) => join(folder, `${name}-broken`);
const damage = (...names: string[]) => names.forEach((name) => writeFileSync(flag(name), ""));
const mend = (...names: string[]) => names.forEach((name) => rmSync(flag(name)));
const effects = (name: string) =>
  readFileSync(join(folder, "effects"), "utf8")
    .split("\n")
    .filter((line) => line.startsWith(`${name} `))
    .map((line) => line.split(" ")[1]!)
    .sort();

/** What kills a process of the handler of mails: it is to pass the point with an event of the key. */
let doom: { readonly point: CrashPoint; readonly key: string } | undefined;
/** Letters that the post office has taken. */
const sent = () =>
  readdirSync(folder).flatMap((file) => (file.startsWith("sent-") ? [readFileSync(join(folder, file), "utf8")] : []));

let engine: Engine;
const events: EngineEvent[] = [];
beforeAll(async () => {
  writeFileSync(join(folder, "effects"), "");
  damage("charge", "mail", "report", "film", "price");
  engine = await startEngine({
    outDir,
    stateDir,
    stack: "shop-local",
    timeScale: 3,
    ephemeral: true,
    onPoint: (child, { handler, point, key }, go) => {
      if (handler !== "mail" || point !== doom?.point || key !== doom.key) return go();
      doom = undefined;
      engine.processes.kill(child.pid, "SIGKILL");
    },
    onEvent: (event) => events.push(event),
  });
});
afterAll(async () => {
  await engine.stop();
  rmSync(scratch, { recursive: true, force: true });
});

const waiting = (handler: string) =>
  engine.pubsub.stats(`projects/acme-dev/subscriptions/shop-local-${handler}-dead-letter`).unacked;
const publish = (...ids: string[]) =>
  engine.pubsub.publish(
    stack.orders.name,
    ids.map((id) => ({ data: Buffer.from(JSON.stringify({ id })), attributes: { kind: "order" } })),
  );

/** Creates a task of Cloud Tasks for the handler of mails, whose name says nothing of what is in it. */
const mail = (id: string) =>
  fetch(`http://${engine.endpoints.tasks}/v2/${stack.mails.queue.name}/tasks`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      task: {
        ...stack.mails.taskDefaults,
        parent: undefined,
        httpRequest: {
          ...stack.mails.taskDefaults.httpRequest,
          body: Buffer.from(JSON.stringify({ id })).toString("base64"),
        },
      },
    }),
  });

/** What a handler has said of the deliveries of its events. */
const outcomes = (handler: string) =>
  events.flatMap((event) => {
    if (event.type !== "log" || !event.line.includes(`"handler":"${handler}"`)) return [];
    const line = JSON.parse(event.line) as { outcome?: string; attempt?: number; cause?: { class: string } };
    return line.outcome ? [[line.outcome, line.attempt, line.cause?.class]] : [];
  });

/** `millrace redrive`. */
async function cli(handler: string, more: Partial<RedriveCommandOptions> = {}) {
  const shown = screen();
  const options = { out: outDir, state: stateDir, color: false, cause: [], key: [], ...more };
  const code = await command(handler, "shop-local", options, shown.terminal);
  return { code, stdout: shown.stdout(), stderr: shown.stderr() };
}

const JOBS = "projects/acme-dev/locations/europe-west1/jobs";

/** Runs the redrive job of a handler as an operator does. @returns its exit code, and what it logged at its end */
async function redrive(handler: string, choice: RedriveChoice = {}) {
  const seen = events.length;
  const env = Object.entries(redriveVariables(choice)).map(([name, value]) => `${name}=${value}`);
  const options = { out: outDir, state: stateDir, color: false, env };
  const code = await jobsRun(`shop-local-${handler}-redrive`, "shop-local", options, screen().terminal);
  const summaries = events.slice(seen).flatMap((event) => {
    if (event.type !== "log" || event.target !== `${JOBS}/shop-local-${handler}-redrive`) return [];
    return /"dead letters (counted|redriven)"/.test(event.line) ? [JSON.parse(event.line) as object] : [];
  });
  return { code, summary: summaries.at(-1) };
}

it("parks what fails, whoever called", async () => {
  publish("1", "declined-2");
  await mail("m");
  await mail("unlucky-m");
  await engine.scheduler.run(stack.reports.job.name);
  const options = { out: outDir, state: stateDir, color: false, env: [] };
  await jobsRun("shop-local-price", "shop-local", options, screen().terminal);
  expect(await engine.idle()).toBe(true);
  expect(["charge", "notify", "film", "mail", "report", "price"].map(waiting)).toEqual([2, 0, 2, 2, 1, 2]);
  expect(effects("notify")).toEqual(["1", "declined-2"]);
});

it("parks on the last attempt what might have gone well, where the sender has no dead letters", async () => {
  const unlucky = [
    ["retry", 1, "Error"],
    ["retry", 2, "Error"],
    ["parked", 3, "Error"],
  ];
  // What processes write arrives a little after what they do.
  while (outcomes("report").length < 3 || outcomes("mail").length < 4)
    await new Promise((resolve) => setTimeout(resolve, 20));
  expect(outcomes("report")).toEqual(unlucky);
  expect(outcomes("mail").filter(([, , cause]) => cause !== "Fatal")).toEqual(unlucky);
});

it("refuses a task to a handler of pushes, though its token is of an account that may push (MR3026)", async () => {
  const serviceAccountEmail = "shop-local-charge-push@acme-dev.iam.gserviceaccount.com";
  const { name } = stack.mails.queue;
  const tasks = `http://${engine.endpoints.tasks}/v2/${name}`;
  const { workload } = stack.pipeline.consumers["charge"]!;
  const body = { message: { messageId: "forged", data: Buffer.from('{"id":"forged"}').toString("base64") } };
  const before = events.length;
  await fetch(`${tasks}/tasks`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      task: {
        httpRequest: {
          httpMethod: "POST",
          url: workload.audience,
          oidcToken: { serviceAccountEmail, audience: workload.audience },
          body: Buffer.from(JSON.stringify(body)).toString("base64"),
        },
      },
    }),
  });
  const refusal = await new Promise<string>((resolve) => {
    const look = setInterval(() => {
      const found = events
        .slice(before)
        .flatMap((event) => (event.type === "log" && event.line.includes("MR3026") ? [event.line] : []));
      if (found[0] === undefined) return;
      clearInterval(look);
      resolve(found[0]);
    }, 20);
  });
  expect(JSON.parse(refusal)).toMatchObject({ handler: "charge", message: "refused", status: 403, code: "MR3026" });
  await fetch(`${tasks}:purge`, { method: "POST" });
  expect(await engine.idle()).toBe(true);
  expect([waiting("charge"), effects("charge")]).toEqual([2, []]);
});

it("only counts in a dry run, by class and by key", async () => {
  const { code, summary } = await redrive("charge", { dryRun: true, causes: ["Declined"] });
  expect([code, summary]).toMatchObject([0, { looked: 2, matched: 1, delivered: 0 }]);
  expect(waiting("charge")).toBe(2);
});

it("shows from the command line what would happen, and does nothing", async () => {
  const { code, stdout, stderr } = await cli("charge", { cause: ["Declined"] });
  expect([code, stderr]).toEqual([0, "1 of 2 letters would be delivered to charge; run it again with --deliver\n"]);
  expect(stdout).toMatch(/CAUSE +LETTERS +OLDEST +NEWEST\n/);
  expect(stdout).toMatch(/Declined +1 +\d+[sm] +\d+[sm] +would be delivered\n/);
  expect(stdout).toMatch(/Fatal +1 +\d+[sm] +\d+[sm] +not chosen\n/);
  const json = JSON.parse((await cli("mail", { json: true })).stdout) as object;
  expect(json).toMatchObject({
    schemaVersion: 1,
    handler: "mail",
    dryRun: true,
    summary: { looked: 2, matched: 2, delivered: 0 },
    letters: expect.arrayContaining(
      ["Fatal", "Error"].map((cause) =>
        expect.objectContaining({ handler: "mail", cause, redrives: 0, what: "matched" }),
      ),
    ) as unknown,
  });
  expect([waiting("charge"), effects("charge")]).toEqual([2, []]);
});

it("says from the command line what cannot be", async () => {
  await expect(cli("chargee")).rejects.toThrow(/MR5006.*did you mean charge\?/);
  // Its service is internal and has no redrive job.
  await expect(cli("notify", { deliver: true, cloud: true })).rejects.toThrow(/MR5010.*inside its project/);
  const path = process.env["PATH"];
  process.env["PATH"] = "";
  try {
    await expect(cli("charge", { cloud: true })).rejects.toThrow(/MR5009.*gcloud auth login/);
  } finally {
    process.env["PATH"] = path;
  }
  const contracts = join(outDir, "stacks", "shop-local", "contracts.json");
  renameSync(contracts, `${contracts}.away`);
  await expect(cli("charge")).rejects.toThrow(/MR5008/);
  renameSync(`${contracts}.away`, contracts);
  await expect(cli("charge", { subscription: "other" })).rejects.toThrow(/MR5006.*--subscription/);
});

it("does not go round with what is parked again, and leaves it alone after the second time", async () => {
  for (let i = 0; i < 2; i++)
    expect((await redrive("charge", { keys: ["1"] })).summary).toMatchObject({ matched: 1, delivered: 1 });
  const { code, summary } = await redrive("charge", { keys: ["1"] });
  expect([code, summary]).toMatchObject([0, { matched: 0, delivered: 0, guarded: 1 }]);
  expect([waiting("charge"), effects("charge")]).toEqual([2, []]);
});

it("gives the handler that failed its events once the cause is mended, each effect once, and nobody else", async () => {
  mend("charge", "mail", "report", "film", "price");
  const others = effects("notify");
  // One by the command line, through the front door of its service; the other by its job.
  const { code, stderr } = await cli("charge", { deliver: true, cause: ["Declined"] });
  expect([code, stderr]).toEqual([0, expect.stringMatching(/Declined: delivered\n1 delivered to charge, 0 failed\n$/)]);
  expect(effects("charge")).toEqual(["declined-2"]);
  expect((await redrive("charge", { maxRedrives: 5 })).summary).toMatchObject({ delivered: 1, failed: 0 });
  expect([waiting("charge"), effects("charge")]).toEqual([0, ["1", "declined-2"]]);
  // Those of other handlers are still where they were, and nobody else has seen the events again.
  expect([effects("notify"), waiting("film"), waiting("mail"), waiting("report")]).toEqual([others, 2, 2, 1]);
  // The letters are gone, and what comes again is a duplicate.
  publish("1");
  expect(await engine.idle()).toBe(true);
  expect((await redrive("charge")).summary).toMatchObject({ looked: 0 });
  expect(effects("charge")).toEqual(["1", "declined-2"]);
});

it.each([
  ["Cloud Tasks calls", "mail", ["m", "unlucky-m"]],
  ["Cloud Scheduler calls", "report", ["unlucky-daily"]],
  ["pulls", "film", ["1", "declined-2"]],
  ["is a job of items", "price", ["apples", "pears"]],
] as const)("does so for a handler that %s", async (_, handler, ids) => {
  expect((await redrive(handler)).summary).toMatchObject({ delivered: ids.length });
  expect([waiting(handler), effects(handler)]).toEqual([0, [...ids]]);
});

it.each([
  ["before its handler begins", "C2", 1],
  ["between the effect and the record, so that the effect is repeated under its key", "C4", 2],
  ["before Cloud Tasks has its answer", "C6", 1],
] as const)(
  "has the effect of a task once although its process dies %s, and its twin comes too",
  async (_, point, runs) => {
    const id = `dies-at-${point}`;
    doom = { point, key: id };
    // Of two tasks of one key, either may be the one that meets its end.
    await Promise.all([mail(id), mail(id)]);
    expect(await engine.idle()).toBe(true);
    expect(doom).toBeUndefined();
    expect(effects("mail").filter((effect) => effect === id).length).toBeGreaterThanOrEqual(runs);
    expect(sent().filter((letter) => letter === id)).toHaveLength(1);
    expect(waiting("mail")).toBe(0);
  },
);

it("runs from the command line the job of a handler that has no address", async () => {
  damage("film");
  publish("9");
  expect(await engine.idle()).toBe(true);
  mend("film");
  const { code, stdout } = await cli("film", { deliver: true });
  expect([code, stdout]).toEqual([0, expect.stringContaining("succeeded")]);
  expect([waiting("film"), effects("film")]).toEqual([0, ["1", "9", "declined-2"]]);
});

it("stops at a variable that cannot be read", async () => {
  const { code, summary } = await redrive("charge", { rate: -1 });
  expect([code, summary]).toEqual([1, undefined]);
});
