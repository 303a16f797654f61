export interface Order {
  readonly orderId: string;
  readonly cents: number;
}

export type ParsedOrders =
  | { readonly ok: true; readonly orders: readonly Order[] }
  | { readonly ok: false; readonly line: number; readonly problem: string };

/** A document's id cannot hold a slash. */
const LINE = /^([A-Za-z0-9_-]{1,64}),(\d{1,12})$/;

/** `order,cents`, a line each; empty lines are nothing. */
export function parseOrders(text: string): ParsedOrders {
  const orders: Order[] = [];
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === "") continue;
    const [, orderId, cents] = LINE.exec(line) ?? [];
    if (orderId === undefined) return { ok: false, line: index + 1, problem: `"${line}" is not order,cents` };
    orders.push({ orderId, cents: Number(cents) });
  }
  return { ok: true, orders };
}
