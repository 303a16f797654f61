import { fork } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { build } from "esbuild";
import { startPubSub } from "../local/engine/pubsub";
import { type Bench, median, table } from "./measure";

/*
 * CPU of a pull consumer for one message: the worker with a record in memory, beside Google's client alone, which the
 * worker is made on and which keeps no records. Both parse and validate; the broker is another process's business.
 */
// The client asks the metadata server whether it is on Google Cloud, and waits for the answer.
process.env["METADATA_SERVER_DETECTION"] ??= "none";
const ROUNDS = 5;
const MESSAGES = 3_000;
const root = resolve(__dirname, "..");

const bench: Bench = async () => {
  const folder = mkdtempSync(join(root, ".cache/pull-"));
  const broker = await startPubSub();
  try {
    const outfile = join(folder, "consume.js");
    await build({
      entryPoints: [join(__dirname, "pull/consume.ts")],
      outfile,
      bundle: true,
      platform: "node",
      target: "node20",
      format: "cjs",
      conditions: ["millrace-source"],
      external: ["@google-cloud/pubsub"],
      logLevel: "error",
    });
    const { PubSub } = await import("@google-cloud/pubsub");
    const client = new PubSub({ projectId: "p", apiEndpoint: broker.address });
    let number = 0;
    const consume = async (kind: "bare" | "ours"): Promise<number> => {
      const [topic] = await client.createTopic(`orders-${++number}`);
      const [subscription] = await topic.createSubscription(`orders-${number}`, { ackDeadlineSeconds: 600 });
      await Promise.all(
        Array.from({ length: MESSAGES }, (_, id) =>
          topic.publishMessage({ data: Buffer.from(JSON.stringify({ id: `${number}-${id}` })) }),
        ),
      );
      const child = fork(outfile, [kind, subscription.name, String(MESSAGES)], {
        execArgv: [],
        env: { PATH: process.env["PATH"], PUBSUB_EMULATOR_HOST: broker.address, METADATA_SERVER_DETECTION: "none" },
      });
      return new Promise<number>((done, fail) => {
        let cost: number | undefined;
        child.on("message", (message: { spentUs: number }) => (cost = message.spentUs));
        child.on("exit", (code) => (cost === undefined ? fail(new Error(`${kind} ended with ${code}`)) : done(cost)));
      });
    };
    const costs = { bare: [] as number[], ours: [] as number[] };
    for (let round = 0; round < ROUNDS; round++)
      for (const kind of round % 2 === 0 ? (["bare", "ours"] as const) : (["ours", "bare"] as const))
        costs[kind].push(await consume(kind));
    await client.close();
    const [bare, ours] = [median(costs.bare), median(costs.ours)];
    console.log(
      table(
        ["µs CPU a message", "consumer"],
        [
          [bare.toFixed(0), "@google-cloud/pubsub alone"],
          [ours.toFixed(0), "the worker, with a record"],
        ],
      ),
    );
    return [
      { what: "pull worker beside Google's client alone", value: ours / bare, unit: "×" },
      { what: "what the worker adds to a message", value: ours - bare, unit: "µs" },
    ];
  } finally {
    await broker.stop();
    rmSync(folder, { recursive: true, force: true });
  }
};

export default bench;
