import { z } from "zod";
import { defineContract } from "../../contract";
import { ENV } from "../../contract/environment";
import { defineHandler } from "../../runtime/handler";
import { startWorker } from "../../runtime/pull";

/*
 * One consumer of those that are compared; it is told which. It ends once it has seen as many messages as it is told,
 * and says what they have cost since the first: the client's own start is left out.
 */
const [, , kind, subscription, count] = process.argv as [string, string, string, string, string];
const host = process.env["PUBSUB_EMULATOR_HOST"]!;

const Order = z.object({ id: z.string() });
let seen = 0;
let begin: NodeJS.CpuUsage | undefined;
function note(): void {
  begin ??= process.cpuUsage();
  if (++seen < Number(count)) return;
  // The last ack is still to be sent.
  setTimeout(() => {
    const { user, system } = process.cpuUsage(begin);
    process.send!({ spentUs: (user + system) / seen }, () => process.exit());
  }, 200);
}

async function bare(): Promise<void> {
  const { PubSub } = await import("@google-cloud/pubsub");
  const client = new PubSub({ projectId: "p", apiEndpoint: host });
  client.subscription(subscription).on("message", (message) => {
    // What any handler does with a message.
    Order.parse(JSON.parse(message.data.toString()));
    message.ack();
    note();
  });
}

async function ours(): Promise<void> {
  const contract = defineContract({
    name: "orders",
    input: Order,
    key: ({ id }) => id,
    effects: "at-least-once",
    store: "memory",
    concurrency: 100,
  });
  await startWorker(defineHandler(contract, note), {
    subscription,
    write: () => {},
    env: {
      PUBSUB_EMULATOR_HOST: host,
      [ENV.contractHash]: contract.hash,
      [ENV.store]: "memory",
      [ENV.deadLetterTopic]: "projects/p/topics/dead",
      [ENV.environment]: "bench",
    },
  });
}

void (kind === "bare" ? bare() : ours());
