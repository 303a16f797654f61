import { BASIC, ROLES } from "../roles";
import type { Callee } from "./callees";

/** What an identity needs for a call: one of the roles, on the resource or on its project. */
export interface Need {
  /** The narrowest first: what a fix names. */
  readonly roles: readonly string[];
  /** Full name of the resource, `projects/{project}` where Google has no narrower grant; nothing where it is not known. */
  readonly on: string | undefined;
}

interface Line {
  readonly connector: RegExp;
  readonly roles: readonly string[];
  /** The argument that names the resource; none: the project. */
  readonly argument?: string;
  /** The resource, from the argument. */
  readonly resource?: (text: string, project: string) => string;
}

const ON_PROJECT = { argument: undefined };

/** https://cloud.google.com/iam/docs/roles-permissions */
const NEEDS: readonly Line[] = [
  {
    connector: /^pubsub\.v1\.projects\.topics\.publish$/,
    roles: ROLES.publish,
    argument: "topic",
  },
  {
    connector: /^pubsub\.v1\.projects\.subscriptions\.(pull|acknowledge)$/,
    roles: ROLES.subscribe,
    argument: "subscription",
  },
  {
    connector: /^cloudtasks\.v2\.projects\.locations\.queues\.tasks\.create$/,
    roles: ROLES.enqueue,
    argument: "parent",
  },
  {
    connector: /^run\.v[12]\.(projects\.locations|namespaces)\.jobs\.run$/,
    roles: ROLES.runJob,
    argument: "name",
  },
  {
    connector: /^workflowexecutions\.v1\..*\.executions\.(run|create)$/,
    roles: ROLES.execute,
    ...ON_PROJECT,
  },
  {
    connector: /^firestore\.v1\.projects\.databases\.documents\.(get|list|runQuery|batchGet)$/,
    roles: ["roles/datastore.viewer", ...ROLES.useDocuments],
    ...ON_PROJECT,
  },
  {
    connector: /^firestore\.v1\.projects\.databases\.documents\./,
    roles: ROLES.useDocuments,
    ...ON_PROJECT,
  },
  {
    connector: /^storage\.v1\.objects\.(get|list)$/,
    roles: ROLES.readObjects,
    argument: "bucket",
    resource: (bucket) => `b/${bucket}`,
  },
  {
    connector: /^storage\.v1\.objects\.insert$/,
    roles: ROLES.createObjects,
    argument: "bucket",
    resource: (bucket) => `b/${bucket}`,
  },
  {
    connector: /^secretmanager\.v1\.projects\.secrets\.versions\.access(String)?$/,
    roles: ROLES.readSecret,
    argument: "secret_id",
    resource: (secret, project) => `projects/${project}/secrets/${secret}`,
  },
  {
    connector: /^compute\.v1\.instances\./,
    roles: ["roles/compute.instanceAdmin.v1", "roles/compute.admin"],
    ...ON_PROJECT,
  },
  {
    connector: /^bigquery\.v2\.jobs\.(insert|query)$/,
    roles: ["roles/bigquery.jobUser", "roles/bigquery.user", "roles/bigquery.admin"],
    ...ON_PROJECT,
  },
];

/** What a connector, or a log entry, needs; nothing for requests, and for connectors of which nobody here knows. */
export function needOf(callee: Callee, project: string): Need | undefined {
  const whole = `projects/${project}`;
  if (callee.kind === "log") return { roles: ROLES.writeLogs, on: whole };
  if (callee.kind !== "connector") return undefined;
  const name = callee.function.replace(/^googleapis\./, "");
  const line = NEEDS.find(({ connector }) => connector.test(name));
  if (!line) return undefined;
  const { roles, argument, resource = (text: string) => text } = line;
  if (argument === undefined) return { roles, on: whole };
  const given = callee.args[argument];
  return { roles, on: given?.whole ? resource(given.text, project) : undefined };
}

/** Whether one of an identity's grants covers a need. @param holds whether it has a role on a resource */
export function covers({ roles, on }: Need, project: string, holds: (role: string, on: string) => boolean): boolean {
  // Which of several topics is meant is known when it runs.
  if (on === undefined) return true;
  const whole = `projects/${project}`;
  return roles.some((role) => holds(role, on) || holds(role, whole)) || BASIC.some((role) => holds(role, whole));
}
