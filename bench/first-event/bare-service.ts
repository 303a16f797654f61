/** The same service written by hand on node:http: decodes and validates a push, and promises nothing else. */
import { createServer } from "node:http";
import * as z from "zod";

const Order = z.object({ id: z.string(), cents: z.number() });

createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    const envelope = JSON.parse(Buffer.concat(chunks).toString()) as { message: { data: string } };
    const order = Order.safeParse(JSON.parse(Buffer.from(envelope.message.data, "base64").toString()));
    response.writeHead(order.success ? 204 : 400).end();
  });
}).listen(Number(process.env["PORT"]), "127.0.0.1");
