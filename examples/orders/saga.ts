import type { IPushTarget, ITopic } from "millrace";
import { env, eq, gt, not, text, typed, workflow } from "millrace/workflows";
import type { Order } from "./contracts";

/** What the steps of the saga call. */
export interface Parties {
  readonly stock: IPushTarget;
  readonly payments: IPushTarget;
  /** Where somebody is asked. */
  readonly approvals: ITopic;
}

/** Euros from which a person decides. */
export const APPROVAL_FROM = 500;

/**
 * Reserves, asks a person where much is at stake, charges, ships. What fails undoes what has been done, the last first.
 * Each step is an event of its own: a retry has no second effect.
 */
export const saga = ({ stock, payments, approvals }: Parties) =>
  workflow<Order>("order", (w, order) => {
    const { reserved, charged, reason } = w.assign("begin", {
      reserved: false,
      charged: false,
      reason: typed<string | null>(null),
    });
    const { id, sku, amount } = order;
    w.try(
      "go",
      (w) => {
        w.deliver("reserve", stock, { data: { action: "reserve", order: id, sku } });
        w.set("note_reserved", [reserved, true]);

        w.if("much", gt(amount, APPROVAL_FROM), (w) => {
          const callback = w.createCallback("endpoint");
          w.publish("ask", approvals, { data: { order: id, amount, answer: callback.url }, retry: "transient" });
          const answer = w.awaitCallback<{ readonly approved: boolean }>("wait", callback, "3d");
          w.if("refused", not(eq(answer.http_request.body.approved, true)), (w) =>
            w.raise("refuse", { message: "nobody approved it" }),
          );
        });

        w.deliver("charge", payments, { data: { action: "charge", order: id, amount } });
        w.set("note_charged", [charged, true]);
        w.deliver("ship", stock, { data: { action: "ship", order: id, sku } });
        w.return("shipped", { order: id, state: "shipped" });
      },
      {
        except(w, error) {
          w.set("note_reason", [reason, error.message]);
          w.if("undo_charge", charged, (w) =>
            w.deliver("refund", payments, { data: { action: "refund", order: id, amount } }),
          );
          w.if("undo_reserve", reserved, (w) =>
            w.deliver("release", stock, { data: { action: "release", order: id, sku } }),
          );
          w.log(
            "tell",
            text`order ${id} cancelled in ${env("GOOGLE_CLOUD_WORKFLOW_EXECUTION_ID")}: ${error.message}`,
            "WARNING",
          );
        },
      },
    );
    w.return("cancelled", { order: id, state: "cancelled", reason });
  });
