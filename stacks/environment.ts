import { z } from "zod";
import { LOCAL_ENVIRONMENT } from "../contract/environment";
import type { MillraceStackProps } from "../constructs/core";

/** How much of the cloud one workload gets. Deadlines are not here: they follow from the contracts. */
const Size = z.strictObject({
  cpu: z.number().positive().max(8).optional().describe("vCPUs of one instance: 0.08–1, 2, 4, 6 or 8"),
  memory: z
    .string()
    .regex(/^[1-9]\d*(Mi|Gi)$/)
    .optional()
    .describe("memory of one instance, 128Mi–32Gi"),
  minInstances: z.int().min(0).max(1000).optional().describe("instances kept warm; each is paid for while idle"),
  maxInstances: z.int().min(1).max(1000).optional().describe("most instances at a time; protects what is downstream"),
});

/** The shape of `environments/<name>.yaml`. Every default is written here; a field without one and not optional is required. */
export const EnvironmentSchema = z.strictObject({
  project: z
    .strictObject({
      // https://cloud.google.com/resource-manager/docs/creating-managing-projects
      id: z
        .string()
        .regex(/^([a-z0-9.-]+:)?[a-z][a-z0-9-]{4,28}[a-z0-9]$/)
        .describe("id of the Google Cloud project, 6–30 lower-case letters, digits and hyphens"),
      number: z
        .union([z.string().regex(/^[1-9]\d{5,18}$/), z.int().min(100_000)])
        .transform(String)
        .describe("number of the same project; its service agents are named after it"),
    })
    .describe("where everything is deployed"),
  region: z
    .string()
    .regex(/^[a-z]+-[a-z]+\d+$/)
    .describe("region of everything that has one, for example europe-west1"),
  labels: z
    // https://cloud.google.com/resource-manager/docs/labels-overview#requirements
    .record(z.string().regex(/^[a-z][a-z0-9_-]{0,62}$/), z.string().regex(/^[a-z0-9_-]{0,63}$/))
    .default({})
    .describe("labels of every resource, beside app and environment"),
  prefix: z
    .string()
    .regex(/^([a-z][a-z0-9-]{0,19})?$/)
    .optional()
    .describe('start of every resource name, at most 20 characters; "" for none; unset for <app>-<environment>'),
  state: z
    .strictObject({
      // https://cloud.google.com/storage/docs/buckets#naming
      bucket: z
        .string()
        .regex(/^(?!goog)[a-z0-9][a-z0-9_.-]{1,61}[a-z0-9]$/)
        .describe("bucket that holds Terraform's state; it exists already"),
      prefix: z.string().min(1).optional().describe("folder in the bucket; unset for millrace/<app>-<environment>"),
    })
    .optional()
    .describe("Terraform's state; only the local environment keeps it in a file"),
  deletionProtection: z
    .boolean()
    .default(true)
    .describe("refuse to destroy or replace what holds messages, documents or traffic"),
  alerts: z
    .strictObject({
      emails: z
        .array(z.email().describe("an e-mail address"))
        .default([])
        .describe("who is told of the first dead letter"),
    })
    .default({ emails: [] })
    .describe("who is told when something is wrong"),
  monitoring: z
    .strictObject({
      alarms: z.boolean().default(true).describe("make the alert policies that constructs offer"),
      dashboard: z.boolean().default(true).describe("make a dashboard of everything in the stack"),
      counters: z
        .boolean()
        .optional()
        .describe("count what handlers say in their logs; unless said, where it is watched"),
      docsUrl: z.url().optional().describe("where you serve Millrace's documentation; notifications link to it"),
    })
    .default({ alarms: true, dashboard: true })
    .describe("what watches the stack"),
  sizes: z
    .strictObject({
      function: Size.default({}).describe("every function, unless overridden"),
      service: Size.default({}).describe("every service, unless overridden"),
    })
    .default({ function: {}, service: {} })
    .describe("size of the workloads, by kind"),
  overrides: z.record(z.string(), Size).default({}).describe("size of single workloads, by the name of their contract"),
});

export type WorkloadSize = z.output<typeof Size>;

/** A checked environment. */
export interface Environment extends z.output<typeof EnvironmentSchema> {
  /** The file's name without `.yaml`. */
  readonly name: string;
}

/** The size of one workload: what its kind gets, and over it what the environment says of it by name. */
export const sizeOf = (environment: Environment, kind: "function" | "service", workload: string): WorkloadSize => ({
  ...environment.sizes[kind],
  ...environment.overrides[workload],
});

/** What a stack of an application is given in an environment. The local one keeps its state apart, marked LOCAL. */
export function stackProps(app: string, environment: Environment): MillraceStackProps {
  const { name, project, region, labels, prefix, state, deletionProtection, monitoring } = environment;
  const local = { kind: "local", path: `../../../terraform.LOCAL.${app}-${name}.tfstate` } as const;
  return {
    app,
    environment: name,
    project,
    region,
    labels,
    prefix,
    deletionProtection,
    ...monitoring,
    backend: state && name !== LOCAL_ENVIRONMENT ? { kind: "gcs", ...state } : local,
  };
}
