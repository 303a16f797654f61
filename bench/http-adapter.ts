import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { Agent, request } from "node:http";
import { join, resolve } from "node:path";
import { build } from "esbuild";
import { type Bench, median, table } from "./measure";

/*
 * CPU of a server for one POST of an event, adapter alone: the core behind ours is replaced by one that reads the body
 * and acks. Beside it node:http itself, and the Functions Framework with a function that acks.
 */
const ROUNDS = 7;
const REQUESTS = 3_000;
const CONNECTIONS = 16;
const NAMES = ["node:http", "millrace", "functions-framework"] as const;

const root = resolve(__dirname, "..");
const body = Buffer.from(
  JSON.stringify({
    message: { data: "x".repeat(120), messageId: "1", attributes: { kind: "order" } },
    subscription: "projects/p/subscriptions/orders",
  }),
);

const CORE = `
  export const createCore = () => ({
    settings: { local: true },
    async handle(request) {
      await request.body();
      return { status: 204, text: "", close: false };
    },
    async drain() {},
  });`;

/** The servers as one bundled file, with a core that does nothing. */
async function bundle(outfile: string): Promise<void> {
  await build({
    entryPoints: [join(__dirname, "http/serve.ts")],
    outfile,
    bundle: true,
    platform: "node",
    target: "node20",
    format: "cjs",
    external: ["@google-cloud/functions-framework"],
    logLevel: "error",
    plugins: [
      {
        name: "core",
        setup(plugin) {
          plugin.onResolve({ filter: /^\.\/core$/ }, () => ({ path: "core", namespace: "stub" }));
          plugin.onLoad({ filter: /.*/, namespace: "stub" }, () => ({ contents: CORE }));
        },
      },
    ],
  });
}

const answer = async <T>(child: ChildProcess): Promise<T> => (await once(child, "message"))[0] as T;

async function spent(child: ChildProcess): Promise<number> {
  child.send("spent");
  return (await answer<{ spentUs: number }>(child)).spentUs;
}

const post = (port: number, agent: Agent) =>
  new Promise<void>((done, fail) => {
    const headers = { "content-type": "application/json", "content-length": body.length };
    const outgoing = request({ host: "127.0.0.1", port, method: "POST", agent, headers }, (response) => {
      response.resume();
      response.on("end", () => (response.statusCode === 204 ? done() : fail(new Error(String(response.statusCode)))));
    });
    outgoing.on("error", fail);
    outgoing.end(body);
  });

async function load(port: number, agent: Agent): Promise<void> {
  let left = REQUESTS;
  const client = async () => {
    while (left-- > 0) await post(port, agent);
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, client));
}

const bench: Bench = async () => {
  const folder = mkdtempSync(join(root, ".cache/http-"));
  const children: ChildProcess[] = [];
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  try {
    await bundle(join(folder, "serve.js"));
    const running = await Promise.all(
      NAMES.map(async (name) => {
        const child = fork(join(folder, "serve.js"), [name], {
          execArgv: [],
          env: { PATH: process.env["PATH"], NODE_PATH: join(root, "node_modules") },
        });
        children.push(child);
        return { name, child, port: (await answer<{ port: number }>(child)).port, costs: [] as number[] };
      }),
    );
    for (let round = 0; round <= ROUNDS; round++)
      for (const { child, port, costs } of round % 2 === 0 ? running : running.toReversed()) {
        const before = await spent(child);
        await load(port, agent);
        // The first round warms up.
        if (round > 0) costs.push(((await spent(child)) - before) / REQUESTS);
      }
    const [bare, ours, framework] = running.map(({ costs }) => median(costs)) as [number, number, number];
    console.log(
      table(
        ["µs CPU a request", "server"],
        running.map(({ name, costs }) => [median(costs).toFixed(0), name]),
      ),
    );
    return [
      { what: "T3: HTTP adapter beside node:http", value: ours / bare, unit: "×", atMost: 1.3 },
      { what: "HTTP adapter beside the Functions Framework", value: ours / framework, unit: "×", atMost: 1 },
    ];
  } finally {
    agent.destroy();
    for (const child of children) child.kill();
    rmSync(folder, { recursive: true, force: true });
  }
};

export default bench;
