import type { Attributes } from "../../plan/values";
import type { ProgramDraft } from "../draft";
import { type ExecutionSettings, RUN_JOB_DEFAULTS } from "../jobs/types";
import type { Adapter, Reader } from "./adapter";
import { at } from "./adapter";
import { labelled, milliseconds } from "./common";
import { observed, seconds, type Written } from "./observed";
import { defaultAccount, environmentOf } from "./workloads";

type Collection = "jobs" | "workerPools";

const fullName = (read: Reader, collection: Collection): string =>
  `projects/${read.project}/locations/${read.region}/${collection}/${read.required("name")}`;

const computedOf = (collection: Collection) => (read: Reader) => {
  const id = fullName(read, collection);
  return { project: read.project, id, uid: id, generation: "1", ...labelled(read) };
};

/** Where constructs say which archive the engine is to run: neither jobs nor pools have a field for it. */
const SOURCE_ANNOTATION = "millrace.dev/source";

const sourceOf = (attributes: Attributes): string | undefined => {
  const annotations = at(attributes, "annotations") as Attributes | undefined;
  const source = annotations?.[SOURCE_ANNOTATION];
  return typeof source === "string" ? source : undefined;
};

/** What has nothing to change on a laptop, below the block that holds the containers. */
const inertBelow = (template: string): readonly string[] => [
  "binary_authorization",
  "client",
  "client_version",
  "deletion_protection",
  "labels",
  "launch_stage",
  "template.annotations",
  "template.labels",
  ...["containers.image", "containers.name", "containers.resources", "encryption_key", "vpc_access"].map(
    (path) => `${template}.${path}`,
  ),
  "timeouts",
];

/** How Google starts the archive's bundle from a mounted bucket; the engine starts the archive itself. */
const mountedCode = (template: string) => (attributes: Attributes) => {
  const volumes = at(attributes, `${template}.volumes`);
  const list = (Array.isArray(volumes) ? volumes : [volumes]) as readonly (Attributes | undefined)[];
  const only = list.length === 1 && at(list[0], "gcs") !== undefined;
  const paths = ["containers.command", "containers.args", ...(only ? ["volumes", "containers.volume_mounts"] : [])];
  return sourceOf(attributes) === undefined ? [] : paths.map((path) => `${template}.${path}`);
};

const programOf = (read: Reader, kind: "job" | "workerPool", template: string): ProgramDraft["program"] => ({
  name: read.required("name"),
  kind,
  project: read.project,
  region: read.region,
  environment: environmentOf(read.blocks(`${template}.containers`)),
  serviceAccountEmail: read.text(`${template}.service_account`) ?? defaultAccount(read),
});

const honouredBelow = (template: string): readonly string[] => [
  "name",
  "location",
  "project",
  "annotations",
  `${template}.service_account`,
  `${template}.containers.env.name`,
  `${template}.containers.env.value`,
];

const JOB = "template.template";

const runJob: Adapter = {
  type: "google_cloud_run_v2_job",
  runs: (attributes) => sourceOf(attributes) !== undefined,
  honoured: [
    ...honouredBelow(JOB),
    "template.task_count",
    "template.parallelism",
    `${JOB}.max_retries`,
    `${JOB}.timeout`,
  ],
  inert: [...inertBelow(JOB), `${JOB}.execution_environment`],
  inertFor: mountedCode(JOB),
  computed: computedOf("jobs"),
  contribute(read, resource, draft) {
    const source = sourceOf(resource.attributes);
    draft.runJobs.push({
      name: fullName(read, "jobs"),
      ...(source !== undefined && { source }),
      resource,
      program: programOf(read, "job", JOB),
      settings: settingsOf(read),
    });
  },
  observe(read, { runJobs }) {
    // Images do not run here, so nobody can have taken one away.
    if (read.textMap("annotations")[SOURCE_ANNOTATION] === undefined) return {};
    const found = runJobs.jobs().find(({ name }) => name === fullName(read, "jobs"));
    return observed(settingsOf(read), found, settingsAttributes(read));
  },
};

/** All settings are in the template, whose other arguments stay as they are. */
function settingsAttributes(read: Reader): Written<ExecutionSettings> {
  const written = (outer: Attributes, inner: Attributes): Attributes => ({
    template: [{ ...read.block("template"), ...outer, template: [{ ...read.block(JOB), ...inner }] }],
  });
  return {
    tasks: (task_count) => written({ task_count }, {}),
    parallelism: (parallelism) => written({ parallelism }, {}),
    retries: (max_retries) => written({}, { max_retries }),
    timeoutMs: (ms) => written({}, { timeout: seconds(ms) }),
  };
}

const settingsOf = (read: Reader): ExecutionSettings => ({
  tasks: read.number("template.task_count") || RUN_JOB_DEFAULTS.tasks,
  parallelism: read.number("template.parallelism") ?? 0,
  retries: read.number(`${JOB}.max_retries`) ?? RUN_JOB_DEFAULTS.retries,
  timeoutMs: milliseconds(read, `${JOB}.timeout`) ?? RUN_JOB_DEFAULTS.timeoutMs,
});

const workerPool: Adapter = {
  type: "google_cloud_run_v2_worker_pool",
  runs: (attributes) => sourceOf(attributes) !== undefined,
  honoured: [...honouredBelow("template"), "scaling.manual_instance_count", "scaling.scaling_mode"],
  inert: inertBelow("template"),
  inertFor: mountedCode("template"),
  computed: computedOf("workerPools"),
  contribute(read, resource, draft) {
    const source = sourceOf(resource.attributes);
    draft.workerPools.push({
      name: fullName(read, "workerPools"),
      ...(source !== undefined && { source }),
      resource,
      program: programOf(read, "workerPool", "template"),
      instances: read.number("scaling.manual_instance_count") ?? 1,
    });
  },
};

export const runJobAdapters: readonly Adapter[] = [runJob, workerPool];
