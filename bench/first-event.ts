import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, join, resolve } from "node:path";
import { buildSync } from "esbuild";
import { bundle } from "../constructs/packaging/bundle";
import { ENV, REMOVED_SIGNATURE } from "../contract/environment";
import { orders } from "./first-event/orders.contract";
import { type Bench, median, table } from "./measure";

/*
 * From the start of a process to the answer of its first event, beside the same thing written by hand: a push
 * delivered to a service, and to a function of the Functions Framework. Both sides are one bundled file, so that what
 * differs is the code and not the number of modules.
 */
const ROUNDS = 9;
const root = resolve(__dirname, "..");
const AUDIENCE = "https://orders.example";
const CALLER = "orders-push@example.iam.gserviceaccount.com";

const environment = {
  [ENV.environment]: "bench",
  [ENV.contractHash]: orders.hash,
  [ENV.deadlineMs]: String(orders.manifest.timeLimitMs + 5_000),
  [ENV.maxDeliveryAttempts]: "10",
  [ENV.auth]: orders.manifest.auth,
  [ENV.audience]: AUDIENCE,
  [ENV.callers]: CALLER,
  [ENV.store]: orders.manifest.store,
  [ENV.deadLetterTopic]: "projects/example/topics/orders-dead-letter",
  K_SERVICE: "orders",
  GOOGLE_CLOUD_PROJECT: "example",
  FUNCTION_TARGET: "handler",
  FUNCTION_SIGNATURE_TYPE: "http",
};

const claims = {
  aud: AUDIENCE,
  email: CALLER,
  email_verified: true,
  exp: Math.floor(Date.now() / 1_000) + 3_600,
};
const segment = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
const headers = {
  "content-type": "application/json",
  authorization: `Bearer ${segment({ alg: "RS256" })}.${segment(claims)}.${REMOVED_SIGNATURE}`,
};
const push = JSON.stringify({
  message: { data: Buffer.from('{"id":"17","cents":900}').toString("base64"), messageId: "1", attributes: {} },
  subscription: "projects/example/subscriptions/orders",
});

const freePort = () =>
  new Promise<number>((found) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => found(port));
    });
  });

/** One push; undefined while nobody listens. */
const deliver = (port: number) =>
  new Promise<number | undefined>((answered) => {
    const sent = request({ host: "127.0.0.1", port, method: "POST", headers, agent: false }, (response) => {
      response.resume().once("end", () => answered(response.statusCode));
    });
    sent.once("error", () => answered(undefined));
    sent.end(push);
  });

const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));

/** Milliseconds from the start of a process to the acknowledgement of its first event. */
async function firstEventMs(args: readonly string[], cwd: string): Promise<number> {
  const port = await freePort();
  const env = { PATH: process.env["PATH"] ?? "", PORT: String(port), HOST: "127.0.0.1", ...environment };
  const begin = performance.now();
  const child: ChildProcess = spawn(process.execPath, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  for (const stream of [child.stdout!, child.stderr!]) stream.on("data", (text: Buffer) => (said += text.toString()));
  const exited = new Promise<void>((gone) => child.once("exit", () => gone()));
  try {
    for (;;) {
      if (child.exitCode !== null || performance.now() - begin > 20_000)
        throw new Error(`${args.join(" ")} handled no event\n${said}`);
      const status = await deliver(port);
      if (status === 204) return performance.now() - begin;
      if (status !== undefined) throw new Error(`${args.join(" ")} answered ${status}\n${said}`);
      await pause(2);
    }
  } finally {
    child.kill("SIGKILL");
    await exited;
  }
}

const ours = (kind: "service" | "function") => {
  const made = bundle(join(__dirname, "first-event/orders.handler.ts"), { kind, store: "memory" });
  if ("errors" in made) throw new Error(made.errors.join("\n"));
  return made.code;
};

const byHand = (file: string) =>
  buildSync({
    entryPoints: [join(__dirname, "first-event", file)],
    bundle: true,
    write: false,
    platform: "node",
    target: "node20",
    format: "cjs",
    minifyWhitespace: true,
    logLevel: "silent",
  }).outputFiles[0]!.text;

/** Process start to first handled event, each beside its hand-written twin, and beside node doing nothing. */
const firstEvent: Bench = async () => {
  // Below the repository, where the framework is found.
  const scratch = mkdtempSync(join(root, ".cache/first-event-"));
  try {
    const programs = {
      service: ours("service"),
      "service by hand": byHand("bare-service.ts"),
      function: ours("function"),
      "function by hand": byHand("bare-function.ts"),
    };
    const framework = join(dirname(require.resolve("@google-cloud/functions-framework")), "main.js");
    const candidates = Object.entries(programs).map(([name, code]) => {
      const folder = join(scratch, name.replaceAll(" ", "-"));
      mkdirSync(folder);
      writeFileSync(join(folder, "index.js"), code);
      writeFileSync(join(folder, "package.json"), '{ "main": "index.js" }\n');
      const args = name.startsWith("function") ? [framework] : ["index.js"];
      return { name: name as keyof typeof programs, args, folder, times: [] as number[] };
    });
    for (let round = 0; round < ROUNDS; round++)
      for (const { args, folder, times } of round % 2 === 0 ? candidates : candidates.toReversed())
        times.push(await firstEventMs(args, folder));

    const timesOf = (name: keyof typeof programs) => candidates.find((one) => one.name === name)!.times;
    const ratio = (name: "service" | "function") =>
      median(timesOf(name).map((ms, round) => ms / timesOf(`${name} by hand`)[round]!));
    const rows = candidates.map(({ name, times }) => [name, median(times).toFixed(0), Math.min(...times).toFixed(0)]);
    console.log(table(["process start to first event", "median ms", "best ms"], rows));
    return [
      { what: "service: first event, beside by hand", value: ratio("service"), unit: "×" },
      { what: "function: first event, beside by hand", value: ratio("function"), unit: "×" },
    ];
  } finally {
    rmSync(scratch, { recursive: true });
  }
};

export default firstEvent;
