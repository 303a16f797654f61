import { readFileSync } from "node:fs";
import { join } from "node:path";
import { App } from "cdktf";
import { redrive as command, type RedriveCommandOptions } from "../../cli/commands/redrive";
import { exitOf } from "../../cli/exit";
import { type Commands, run } from "../../cli/program";
import { CloudRunJob, EventDrivenPipeline, MillraceStack } from "../../constructs";
import { type Issue, IssuesError } from "../../contract/issue";
import { encodeFields } from "../../runtime/store/firestore/values";
import { recordFields } from "../../runtime/store/firestore/documents";
import { recordKey } from "../../runtime/store/key";
import { googleError, skippingClock, startGoogleStandIn, type WireAnswer } from "../support/google-stand-in";
import { handlersOf, testContract } from "../support/handlers";
import { project } from "../support/project";
import { RECORD } from "../runtime/stores/conformance";
import { screen } from "./screen";

/* `millrace redrive --cloud` against stand-ins for every API of Google's that it calls, over sockets and byte by byte. */

const NOW = Date.UTC(2026, 4, 1, 12);
const IMAGE = `example.com/app@sha256:${"0".repeat(64)}`;
const out = project({}, "cdktf.out");
const contracts = {
  charge: testContract({ name: "charge" }),
  ship: testContract({ name: "ship" }),
  film: testContract({ name: "film" }),
  prices: testContract({ name: "prices" }),
};
const app = new App({ outdir: out });
const stack = new MillraceStack(app, {
  app: "shop",
  environment: "prod",
  project: { id: "acme-prod", number: "123456789012" },
  region: "europe-west1",
  handlersDir: handlersOf(contracts.ship),
});
new EventDrivenPipeline(stack, "Shop", {
  consumers: [
    { contract: contracts.charge, runOn: "service", image: IMAGE, ingress: "all" },
    // Internal, as every service is unless it says otherwise.
    { contract: contracts.ship, runOn: "service", image: IMAGE, redrive: { entry: "ship.handler.ts" } },
    { contract: contracts.film, runOn: "service", image: IMAGE },
  ],
});
new CloudRunJob(stack, "Prices", { contract: contracts.prices, image: IMAGE });
app.synth();

interface AlertPolicy {
  readonly display_name: string;
  readonly documentation: { readonly content: string };
}

const PUBSUB = "pubsub.googleapis.com/v1/projects/acme-prod/subscriptions/shop-prod-charge-dead-letter";
const FIRESTORE = "firestore.googleapis.com/v1/projects/acme-prod/databases/(default)/documents";
const CALLER = "shop-prod-charge-push@acme-prod.iam.gserviceaccount.com";
const IAM = `iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/${CALLER}:generateIdToken`;
const HANDLER = "shop-prod-charge-123456789012.europe-west1.run.app/";
const RUN = "run.googleapis.com/v2/";
const JOB = "projects/acme-prod/locations/europe-west1/jobs/shop-prod-ship-redrive";
const OPERATION = "projects/acme-prod/locations/europe-west1/operations/op-1";

const google = (() => {
  let made: Awaited<ReturnType<typeof startGoogleStandIn>>;
  beforeAll(async () => void (made = await startGoogleStandIn()));
  afterAll(() => made.stop());
  beforeEach(() => made.forget());
  return () => made;
})();

const KEY = recordKey("charge", 1, "m-1");
const LETTER = {
  ackId: "ack-1",
  message: {
    messageId: "17",
    data: Buffer.from('{"orderId":"7"}').toString("base64"),
    attributes: {
      kind: "order",
      "millrace-handler": "charge",
      "millrace-cause": "Declined",
      "millrace-cause-message": "no",
      "millrace-attempts": "3",
      "millrace-record": KEY,
      "millrace-message-id": "m-1",
      "millrace-source": "projects/acme-prod/subscriptions/shop-prod-charge",
      "millrace-dedupe-id": `${KEY}-4-parked`,
    },
    orderingKey: "o-7",
    publishTime: new Date(NOW - 90_000).toISOString(),
  },
};
const parked = { ...RECORD, state: "PARKED", token: 4, revision: 9, attempts: 3, handler: "charge" } as const;
const found = {
  found: {
    name: `projects/acme-prod/databases/(default)/documents/millrace-records/${KEY}`,
    fields: encodeFields(recordFields({ ...parked, expireAtMs: NOW + 1_000_000, outbox: ["row-1"] })),
    updateTime: "2026-05-01T11:58:30.000001Z",
  },
  readTime: "2026-05-01T12:00:00.000000Z",
};
const ok = (body: unknown = {}): WireAnswer => ({ status: 200, body });

/** Everything answers as it should, with one letter. */
function everythingWorks(): void {
  const { on } = google();
  on(`${PUBSUB}:pull`, ok({ receivedMessages: [LETTER] }), ok());
  on(`${PUBSUB}:modifyAckDeadline`, ok());
  on(`${PUBSUB}:acknowledge`, ok());
  on(`${FIRESTORE}:batchGet`, ok([found]));
  on(`${FIRESTORE}:commit`, ok({ writeResults: [{ updateTime: "2026-05-01T12:00:01Z" }], commitTime: "x" }));
  on(IAM, ok({ token: "id-token" }));
  on(`POST ${HANDLER}`, { status: 204 });
}

interface Told {
  readonly handler?: string;
  /** End of the URL during whose request Ctrl-C is pressed. */
  readonly interruptAt?: string;
  readonly timeoutMs?: number;
}

/** Runs the command as the process does. */
async function redrive(
  more: Partial<RedriveCommandOptions> & Told = {},
  env: NodeJS.ProcessEnv = { GOOGLE_OAUTH_ACCESS_TOKEN: " access-token\n" },
) {
  const { handler = "charge", interruptAt, timeoutMs = 30_000, ...flags } = more;
  const shown = screen();
  const clock = skippingClock(NOW);
  const options = { out, state: "none", color: false, cause: [], key: [], cloud: true, ...flags };
  let interrupt = () => {};
  const send: typeof fetch = (url, init) => {
    if (interruptAt !== undefined && new URL(url instanceof Request ? url.url : url).href.endsWith(interruptAt))
      interrupt();
    return google().send(url, init);
  };
  const signals = { onFirst: (callback: () => void) => void (interrupt = callback) };
  const surroundings = { send, clock, random: () => 0, timeoutMs, env, signals };
  let issues: readonly Issue[] = [];
  const code = await command(handler, "shop-prod", options, shown.terminal, surroundings).catch((error: unknown) => {
    if (!(error instanceof IssuesError)) throw error;
    ({ issues } = error);
    return exitOf(issues);
  });
  const lines = google().received.map(({ line }) => line);
  return { code, issues, stdout: shown.stdout(), stderr: shown.stderr(), lines, pauses: clock.pauses };
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}`, "content-type": "application/json" });

describe("redriving on Google Cloud to an address that is open", () => {
  it("takes, reopens, delivers and acknowledges, byte by byte", async () => {
    everythingWorks();
    const { code, stderr } = await redrive({ deliver: true });
    expect([code, stderr]).toEqual([0, "m-1 Declined: delivered\n1 delivered to charge, 0 failed\n"]);
    const reopened = { ...parked, state: "RELEASED", epoch: parked.epoch + 1, attempts: 0, delayMs: 0, outbox: [] };
    const push = {
      message: {
        messageId: "m-1",
        data: LETTER.message.data,
        attributes: { "millrace-redrives": "1", kind: "order" },
        orderingKey: "o-7",
        publishTime: LETTER.message.publishTime,
      },
      subscription: "projects/acme-prod/subscriptions/shop-prod-charge",
    };
    const pull = { line: `POST ${PUBSUB}:pull`, body: '{"maxMessages":10,"returnImmediately":true}' };
    const hold = { line: `POST ${PUBSUB}:modifyAckDeadline`, body: '{"ackIds":["ack-1"],"ackDeadlineSeconds":600}' };
    const expected = [
      {
        line: `POST ${IAM}`,
        body: '{"audience":"https://shop-prod-charge-123456789012.europe-west1.run.app","includeEmail":true}',
      },
      pull,
      hold,
      hold,
      {
        line: `POST ${FIRESTORE}:batchGet`,
        body: `{"documents":["projects/acme-prod/databases/(default)/documents/millrace-records/${KEY}"]}`,
      },
      {
        line: `POST ${FIRESTORE}:commit`,
        body: JSON.stringify({
          writes: [
            {
              update: {
                name: found.found.name,
                fields: encodeFields(recordFields({ ...reopened, expireAtMs: NOW + 1_000_000, revision: 10 } as never)),
              },
              currentDocument: { updateTime: "2026-05-01T11:58:30.000001Z" },
            },
            { delete: "projects/acme-prod/databases/(default)/documents/millrace-outbox/row-1" },
          ],
        }),
      },
      {
        line: `POST ${HANDLER}`,
        body: JSON.stringify(push),
        headers: { ...bearer("id-token"), "x-millrace-redrive": "1" },
      },
      { line: `POST ${PUBSUB}:acknowledge`, body: '{"ackIds":["ack-1"]}' },
      // Nothing may be there although there is something: three looks.
      ...Array.from({ length: 3 }, () => pull),
    ];
    expect(google().received).toEqual(expected.map((request) => ({ headers: bearer("access-token"), ...request })));
  });

  it("only looks without --deliver, and gives the letters back", async () => {
    everythingWorks();
    const { code, stdout, stderr, lines } = await redrive({});
    expect([code, stderr]).toEqual([0, "1 of 1 letters would be delivered to charge; run it again with --deliver\n"]);
    expect(stdout).toMatch(/^Declined +1 +92s +92s +would be delivered$/m);
    expect(new Set(lines)).toEqual(new Set([`POST ${PUBSUB}:pull`, `POST ${PUBSUB}:modifyAckDeadline`]));
    expect(google().received.at(-1)!.body).toBe('{"ackIds":["ack-1"],"ackDeadlineSeconds":0}');
  });

  it("says it in one document", async () => {
    everythingWorks();
    const { code, stdout, stderr, pauses } = await redrive({ deliver: true, json: true, rate: 4 });
    expect([code, stderr]).toEqual([0, ""]);
    // Four a second; then three looks that find nothing.
    expect(pauses).toEqual([250, 500, 500, 500]);
    expect(JSON.parse(stdout)).toEqual({
      schemaVersion: 1,
      stack: "shop-prod",
      handler: "charge",
      subscription: "projects/acme-prod/subscriptions/shop-prod-charge-dead-letter",
      dryRun: false,
      interrupted: false,
      summary: { looked: 1, matched: 1, delivered: 1, failed: 0, obsolete: 0, guarded: 0 },
      letters: [
        {
          messageId: "m-1",
          handler: "charge",
          cause: "Declined",
          redrives: 0,
          message: "no",
          parkedAt: LETTER.message.publishTime,
          what: "delivered",
        },
      ],
    });
  });

  it("looks at as many letters as it is told, and says that there may be more", async () => {
    everythingWorks();
    const second = { ...LETTER, ackId: "ack-2", message: { ...LETTER.message, messageId: "18" } };
    google().on(`${PUBSUB}:pull`, ok({ receivedMessages: [LETTER] }), ok({ receivedMessages: [second] }), ok());
    const { stderr } = await redrive({ limit: 1 });
    expect(stderr).toContain("there may be more than the 1 looked at");
    expect(
      google()
        .received.filter(({ line }) => line.endsWith(":pull"))
        .map(({ body }) => body),
    ).toEqual(['{"maxMessages":1,"returnImmediately":true}']);
  });

  it("keeps the letter of an event that the handler could not handle, and says so by its exit code", async () => {
    everythingWorks();
    google().on(`POST ${HANDLER}`, { status: 500, body: "Declined: no" });
    const { code, stderr, lines } = await redrive({ deliver: true });
    expect([code, stderr]).toEqual([1, "m-1 Declined: failed again, stays\n0 delivered to charge, 1 failed\n"]);
    expect(lines).not.toContain(`POST ${PUBSUB}:acknowledge`);
    expect(google().received.at(-1)!.body).toBe('{"ackIds":["ack-1"],"ackDeadlineSeconds":0}');
  });

  it.each([
    [302, { location: "https://accounts.example/login" }, /roles\/run\.invoker/],
    [401, {}, /roles\/run\.invoker/],
    [403, {}, /roles\/run\.invoker/],
    [404, {}, /deploy the stack/],
  ])("stops at a front door that answers %i, and follows it nowhere", async (status, headers, fix) => {
    everythingWorks();
    google().on(`POST ${HANDLER}`, { status, headers });
    google().on("login", ok());
    const { code, issues, lines } = await redrive({ deliver: true });
    expect([code, issues[0]]).toMatchObject([3, { code: "MR5009", fix: expect.stringMatching(fix) }]);
    expect(issues[0]!.problem).toBe(`https://${HANDLER.slice(0, -1)} answers ${status}`);
    expect(lines.filter((line) => /login|acknowledge/.test(line))).toEqual([]);
    // What was taken is given back.
    expect(google().received.at(-1)!.body).toBe('{"ackIds":["ack-1"],"ackDeadlineSeconds":0}');
  });

  it("goes on after a write whose answer was lost, which its second look finds made", async () => {
    everythingWorks();
    const { fields: _parked, ...place } = found.found;
    const released = { ...parked, state: "RELEASED", expireAtMs: NOW + 1_000_000 } as const;
    const after = { ...found, found: { ...place, fields: encodeFields(recordFields(released)) } };
    google().on(`${FIRESTORE}:batchGet`, ok([found]), ok([after]));
    google().on(`${FIRESTORE}:commit`, "reset", googleError(400, "FAILED_PRECONDITION", "updateTime"));
    const { code, lines } = await redrive({ deliver: true });
    expect(code).toBe(0);
    expect(lines).toContain(`POST ${PUBSUB}:acknowledge`);
  });

  it("ends after the letter that is under way when it is interrupted", async () => {
    everythingWorks();
    const second = { ...LETTER, ackId: "ack-2", message: { ...LETTER.message, messageId: "18" } };
    google().on(`${PUBSUB}:pull`, ok({ receivedMessages: [LETTER, second] }));
    const { code, stderr } = await redrive({ deliver: true, interruptAt: HANDLER });
    expect([code, stderr]).toEqual([1, expect.stringMatching(/1 delivered to charge, 0 failed\ninterrupted/)]);
    expect(
      google()
        .received.slice(-2)
        .map(({ body }) => body),
    ).toEqual(['{"ackIds":["ack-1"]}', '{"ackIds":["ack-2"],"ackDeadlineSeconds":0}']);
  });
});

describe("what Google's APIs say against a redrive", () => {
  it.each([
    ["Pub/Sub", `${PUBSUB}:pull`, /roles\/pubsub\.subscriber/],
    ["Firestore", `${FIRESTORE}:batchGet`, /roles\/datastore\.user/],
    ["IAM Credentials", IAM, /roles\/iam\.serviceAccountOpenIdTokenCreator/],
  ])("403 of %s: the role that is missing, at once", async (_, line, fix) => {
    everythingWorks();
    google().on(line, googleError(403, "PERMISSION_DENIED", "Permission denied on resource."));
    const { code, issues, lines } = await redrive({ deliver: true });
    expect([code, issues[0]]).toMatchObject([3, { code: "MR5009", fix: expect.stringMatching(fix) }]);
    expect(issues[0]!.problem).toContain("403 PERMISSION_DENIED Permission denied on resource.");
    expect(lines.filter((one) => one.endsWith(line))).toHaveLength(1);
    // No record is opened for a delivery that cannot be made.
    expect(lines.filter((one) => /:commit|run\.app/.test(one))).toEqual([]);
  });

  it.each([
    [401, /gcloud auth login/],
    [404, /deploy the stack/],
  ])("%i: what it means here", async (status, fix) => {
    everythingWorks();
    google().on(`${PUBSUB}:pull`, googleError(status, "X", "no"));
    const { code, issues } = await redrive();
    expect([code, issues[0]]).toMatchObject([3, { code: "MR5009", fix: expect.stringMatching(fix) }]);
  });

  it.each([
    ["Pub/Sub", `${PUBSUB}:pull`],
    ["Pub/Sub's acknowledgement", `${PUBSUB}:acknowledge`],
    ["Firestore", `${FIRESTORE}:batchGet`],
    ["IAM Credentials", IAM],
  ])("429, 503 and a broken connection of %s: it is asked again, with growing pauses", async (_, line) => {
    everythingWorks();
    const last = line.endsWith("pull")
      ? ok({ receivedMessages: [LETTER] })
      : line === IAM
        ? ok({ token: "id-token" })
        : ok([found]);
    const rest = line.endsWith("pull") ? [ok()] : [];
    google().on(
      line,
      googleError(429, "RESOURCE_EXHAUSTED", "slow down"),
      googleError(503, "UNAVAILABLE", "not now"),
      "reset",
      last,
      ...rest,
    );
    const { code, pauses, stderr } = await redrive({ deliver: true });
    expect([code, stderr]).toEqual([0, expect.stringContaining("1 delivered")]);
    expect(pauses).toEqual(expect.arrayContaining([50, 100, 200]));
  });

  it("gives up what never answers after half a minute, and says what it heard last", async () => {
    everythingWorks();
    google().on(`${PUBSUB}:pull`, googleError(503, "UNAVAILABLE", "not now"));
    const { code, issues, pauses } = await redrive({ deliver: true });
    expect([code, issues[0]]).toMatchObject([3, { code: "MR5009", fix: expect.stringMatching(/again in a while/) }]);
    expect(issues[0]!.problem).toContain("503 UNAVAILABLE not now");
    const waited = pauses.reduce((sum, ms) => sum + ms, 0);
    expect([waited > 25_000, waited <= 30_000]).toEqual([true, true]);
  });

  it("says who must be logged in, and asks nobody anything", async () => {
    const { code, issues, lines } = await redrive({}, { PATH: "" });
    expect([code, issues[0], lines]).toMatchObject([3, { fix: expect.stringMatching(/gcloud auth login/) }, []]);
  });
});

describe("where tokens go", () => {
  it("is the same whatever the environment says of emulators, endpoints and universes", async () => {
    everythingWorks();
    const names = [
      "PUBSUB_EMULATOR_HOST",
      "FIRESTORE_EMULATOR_HOST",
      "CLOUD_RUN_ENDPOINT",
      "CLOUDSDK_API_ENDPOINT_OVERRIDES_RUN",
      "GOOGLE_CLOUD_UNIVERSE_DOMAIN",
      "MILLRACE_FIRESTORE_DATABASE",
      "HTTPS_PROXY",
    ];
    const before = names.map((name) => process.env[name]);
    for (const name of names) process.env[name] = "evil.example:80";
    try {
      const { code } = await redrive(
        { deliver: true },
        { GOOGLE_OAUTH_ACCESS_TOKEN: "access-token", PUBSUB_EMULATOR_HOST: "evil.example:80" },
      );
      expect(code).toBe(0);
    } finally {
      names.forEach((name, i) => {
        if (before[i] === undefined) delete process.env[name];
        else process.env[name] = before[i];
      });
    }
    const hosts = new Map<string, Set<string>>();
    for (const { line, headers } of google().received) {
      const token = String(headers["authorization"]);
      hosts.set(token, (hosts.get(token) ?? new Set()).add(line.split(/[ /]/)[1]!));
    }
    expect(Object.fromEntries([...hosts].map(([token, names]) => [token, [...names].sort()]))).toEqual({
      "Bearer access-token": ["firestore.googleapis.com", "iamcredentials.googleapis.com", "pubsub.googleapis.com"],
      "Bearer id-token": [HANDLER.slice(0, -1)],
    });
  });
});

describe("redriving on Google Cloud by a job", () => {
  const EXECUTION = `${JOB}/executions/e-1`;
  const type = "type.googleapis.com/google.cloud.run.v2.Execution";
  const running = { name: OPERATION, metadata: { "@type": type, name: EXECUTION } };
  const ended = (execution: object, more: object = {}) =>
    ok({ ...running, done: true, response: { "@type": type, name: EXECUTION, ...execution }, ...more });
  const succeeded = ended({
    succeededCount: 1,
    logUri: "https://console.cloud.google.com/logs/e-1",
    conditions: [{ type: "Completed", state: "CONDITION_SUCCEEDED" }],
  });
  const runs = (...operations: readonly WireAnswer[]) => {
    google().on(`${RUN}${JOB}:run`, ok(running));
    google().on(`${RUN}${OPERATION}`, ...operations);
  };
  const ship = { handler: "ship", deliver: true } as const;

  it("runs it with the choice over its own and waits for its end, byte by byte", async () => {
    runs(ok(running), googleError(503, "UNAVAILABLE", "not now"), succeeded);
    const { code, stdout, stderr, pauses } = await redrive({ ...ship, cause: ["Declined"], rate: 5, newerThan: "2d" });
    expect([code, stdout]).toEqual([0, "e-1: succeeded; its log says what became of each letter\n"]);
    expect(stderr).toBe(
      "running shop-prod-ship-redrive as e-1, which gives them to ship\nhttps://console.cloud.google.com/logs/e-1\n",
    );
    const env = [
      { name: "MILLRACE_REDRIVE_CAUSES", value: "Declined" },
      { name: "MILLRACE_REDRIVE_NEWER_THAN", value: "2d" },
      { name: "MILLRACE_REDRIVE_RATE", value: "5" },
      { name: "MILLRACE_REDRIVE_DRY_RUN", value: "0" },
    ];
    const poll = { line: `GET ${RUN}${OPERATION}`, headers: { authorization: "Bearer access-token" }, body: "" };
    expect(google().received).toEqual([
      {
        line: `POST ${RUN}${JOB}:run`,
        headers: bearer("access-token"),
        body: JSON.stringify({ overrides: { containerOverrides: [{ env }] } }),
      },
      poll,
      poll,
      poll,
    ]);
    expect(pauses).toEqual([2_000, 2_000, 50]);
  });

  it("says it in one document", async () => {
    runs(succeeded);
    const { stdout, stderr } = await redrive({ ...ship, json: true });
    expect(stderr).toBe("");
    expect(JSON.parse(stdout)).toEqual({
      schemaVersion: 1,
      stack: "shop-prod",
      handler: "ship",
      subscription: "projects/acme-prod/subscriptions/shop-prod-ship-dead-letter",
      dryRun: false,
      job: JOB,
      execution: EXECUTION,
      logUri: "https://console.cloud.google.com/logs/e-1",
      interrupted: false,
    });
  });

  const failed = { type: "Completed", state: "CONDITION_FAILED", message: "Task failed with message: exit code 1" };
  it.each([
    ["fails with an error", ended({}, { response: undefined, error: { code: 13, message: "no" } }), /^e-1: no;/],
    ["fails without one", ended({ failedCount: 1, conditions: [failed] }), /^e-1: Task failed with message: exit/],
    ["times out", ended({ conditions: [{ ...failed, message: "The task timed out." }] }), /^e-1: The task timed out/],
    ["is cancelled", ended({ cancelledCount: 1 }), /^e-1: 0 tasks failed, 1 were cancelled;/],
  ])("exits with findings when the execution %s", async (_, operation, said) => {
    runs(operation);
    const { code, stdout } = await redrive(ship);
    expect([code, stdout]).toEqual([1, expect.stringMatching(said)]);
  });

  it("waits no longer when it is interrupted, and says how to end what goes on", async () => {
    runs(ok(running));
    const { code, stderr, lines } = await redrive({ ...ship, interruptAt: OPERATION });
    expect(code).toBe(1);
    expect(stderr).toContain(
      "no longer waiting for e-1, which goes on; cancel it with `gcloud run jobs executions cancel e-1 --region=europe-west1 --project=acme-prod`",
    );
    expect(lines).toHaveLength(2);
  });

  it.each([
    ["a refusal", googleError(403, "PERMISSION_DENIED", "run.jobs.runWithOverrides"), /jobsExecutorWithOverrides/],
    ["a job that is not there", googleError(404, "NOT_FOUND", "no job"), /deploy the stack/],
    ["an answer that does not tell", googleError(503, "UNAVAILABLE", "not now"), /may have begun/],
    ["a broken connection", "reset" as const, /may have begun/],
  ])("asks once only for an execution: %s", async (_, answer, fix) => {
    google().on(`${RUN}${JOB}:run`, answer);
    const { code, issues, lines } = await redrive(ship);
    expect([code, issues[0]]).toMatchObject([3, { code: "MR5009", fix: expect.stringMatching(fix) }]);
    expect(lines).toHaveLength(1);
  });

  it("does not wait for ever for an answer, and asks once all the same", async () => {
    google().on(`${RUN}${JOB}:run`, "silence");
    const { issues, lines } = await redrive({ ...ship, timeoutMs: 1_000 });
    expect([issues[0]!.fix, lines.length]).toEqual([expect.stringMatching(/may have begun/), 1]);
    expect(issues[0]!.problem).toMatch(/^run\.googleapis\.com does not answer: .*timeout/);
  });

  it("asks again when it was too much, since then nothing has begun", async () => {
    runs(succeeded);
    google().on(`${RUN}${JOB}:run`, googleError(429, "RESOURCE_EXHAUSTED", "slow down"), ok(running));
    expect((await redrive(ship)).code).toBe(0);
  });

  it("says of an execution that has begun what it takes to see its end", async () => {
    runs(googleError(403, "PERMISSION_DENIED", "run.operations.get"));
    const { code, issues } = await redrive(ship);
    expect([code, issues[0]]).toMatchObject([3, { code: "MR5009", fix: expect.stringMatching(/roles\/run\.viewer/) }]);
    expect(issues[0]!.problem).toContain(`${EXECUTION} has begun`);
  });

  it("has none for a handler that is internal and was given none", async () => {
    const { code, issues, lines } = await redrive({ handler: "film", deliver: true });
    expect([code, issues[0]!.code, lines]).toEqual([3, "MR5010", []]);
  });
});

describe("the runbooks of dead letters", () => {
  const { resource } = JSON.parse(readFileSync(join(out, "stacks", "shop-prod", "cdk.tf.json"), "utf8")) as {
    readonly resource: Readonly<Record<string, Readonly<Record<string, AlertPolicy>>>>;
  };
  const policies = Object.values(resource["google_monitoring_alert_policy"]!);
  const about = policies.filter(({ display_name: title }) => /dead letters|given up/.test(title));
  const commands = about.map(
    ({ documentation }) => /`npx millrace (redrive [^`]+)`/.exec(documentation.content)?.[1] ?? "none",
  );

  it("name the command for their handler, stack and subscription", () => {
    // Each consumer has two such alarms, and so has the job.
    expect([...new Set(commands)].sort()).toEqual(
      ["charge", "film", "prices", "ship"].map(
        (handler) => `redrive ${handler} shop-prod --cloud --subscription=shop-prod-${handler}-dead-letter`,
      ),
    );
    expect(commands).toHaveLength(8);
  });

  it.each([...new Set(commands)])("mean what they say: millrace %s", async (line) => {
    const { on } = google();
    on("-dead-letter:pull", ok());
    const exits: unknown[] = [];
    const surroundings = { send: google().send, clock: skippingClock(NOW), env: { GOOGLE_OAUTH_ACCESS_TOKEN: "t" } };
    const commands = {
      redrive: async (...args: Parameters<Commands["redrive"]>) => {
        const [handler, named, options] = args;
        exits.push(await command(handler, named, { ...options, out }, screen().terminal, surroundings));
        return 0 as const;
      },
    };
    await run(line.split(" "), commands as unknown as Commands, screen().terminal);
    expect(exits).toEqual([0]);
    expect(google().received[0]!.line).toContain(`/${/--subscription=(.*)/.exec(line)![1]}:pull`);
  });
});

it("takes no stack for granted on Google Cloud but the only one", async () => {
  everythingWorks();
  const options = { out, state: "none", color: false, cause: [], key: [], cloud: true };
  const clock = skippingClock(NOW);
  const env = { GOOGLE_OAUTH_ACCESS_TOKEN: "t" };
  expect(await command("charge", undefined, options, screen().terminal, { send: google().send, clock, env })).toBe(0);
  const local = new MillraceStack(app, {
    app: "shop",
    environment: "local",
    project: { id: "acme-dev", number: "1" },
    region: "europe-west1",
  });
  void local;
  app.synth();
  await expect(command("charge", undefined, options, screen().terminal, { env })).rejects.toThrow(/MR5002/);
});
