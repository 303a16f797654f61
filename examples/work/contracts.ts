import { defineContract } from "millrace/contract";
import * as z from "zod";

/** The weekly report. A run and its retries are one event, so a report is written once. */
export const report = defineContract({
  name: "report",
  input: z.object({ report_type: z.literal("weekly") }),
  key: (_input, event) => event.id,
  effects: "transactional",
  writes: ["reports"],
  retry: { attempts: 4, minBackoff: "30s", maxBackoff: "300s" },
});

/** What the publisher of every five minutes asks for. */
export const health = defineContract({
  name: "health",
  input: z.object({ check: z.literal("health") }),
  key: (_input, event) => event.id,
  effects: "transactional",
  writes: ["checks"],
});

/** An e-mail, sent by a task. Its own id is its identity: asked for twice, it is sent once. */
export const mail = defineContract({
  name: "mail",
  input: z.object({ id: z.string(), to: z.email(), template: z.enum(["welcome", "missing"]) }),
  key: ({ id }) => id,
  effects: "transactional",
  writes: ["mails"],
  retry: { attempts: 5, minBackoff: "10s", maxBackoff: "300s" },
});

/** One product of the price list, an item of a job. */
export const prices = defineContract({
  name: "prices",
  input: z.object({ product: z.string() }),
  key: ({ product }) => product,
  effects: "transactional",
  writes: ["prices"],
  concurrency: 2,
});

/** A film to encode: longer than a push can wait, so that instances pull. */
export const films = defineContract({
  name: "films",
  input: z.object({ film: z.string() }),
  key: ({ film }) => film,
  effects: "transactional",
  writes: ["films"],
  timeLimit: "45m",
  concurrency: 2,
});
