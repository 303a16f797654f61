/** The same function written by hand for the Functions Framework. */
import type { IncomingMessage, ServerResponse } from "node:http";
import * as z from "zod";

const Order = z.object({ id: z.string(), cents: z.number() });

export const handler = (
  request: IncomingMessage & { body: { message: { data: string } } },
  response: ServerResponse,
) => {
  const order = Order.safeParse(JSON.parse(Buffer.from(request.body.message.data, "base64").toString()));
  response.writeHead(order.success ? 204 : 400).end();
};
