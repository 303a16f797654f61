import type { Adapter, Reader } from "./adapter";
import { digits, labelled } from "./common";

/** Monitoring names what it creates by number. */
const numbered = (type: string, collection: string): Adapter => ({
  type,
  computed(read) {
    const name = `projects/${read.project}/${collection}/${digits(`${read.resource.stack}/${read.resource.address}`, 19)}`;
    return { project: read.project, id: name, name };
  },
});

/** Types named by their own `name` below a collection. */
const named = (
  type: string,
  collection: string,
  more: (read: Reader) => Record<string, string> = () => ({}),
): Adapter => ({
  type,
  computed(read) {
    return {
      project: read.project,
      id: `projects/${read.project}/${collection}/${read.required("name")}`,
      ...more(read),
    };
  },
});

const repository: Adapter = {
  type: "google_artifact_registry_repository",
  computed(read) {
    const name = read.required("repository_id");
    return {
      project: read.project,
      id: `projects/${read.project}/locations/${read.region}/repositories/${name}`,
      name,
      registry_uri: `${read.region}-docker.pkg.dev/${read.project}/${name}`,
      ...labelled(read),
    };
  },
};

const secret: Adapter = {
  type: "google_secret_manager_secret",
  computed(read) {
    const path = `secrets/${read.required("secret_id")}`;
    // Google's own name of a secret has the project's number, its id in Terraform the project's id.
    const name = `projects/${read.projectNumber}/${path}`;
    return { project: read.project, id: `projects/${read.project}/${path}`, name, ...labelled(read) };
  },
};

/** A job that is only kept: the engine runs no Beam. Google numbers jobs when it launches them. */
const dataflow = (type: string): Adapter => ({
  type,
  computed(read) {
    const id = `2026-01-01_00_00_00-${digits(`${read.resource.stack}/${read.resource.address}`, 19)}`;
    return {
      project: read.project,
      id,
      job_id: id,
      state: "JOB_STATE_RUNNING",
      type: "JOB_TYPE_STREAMING",
      ...labelled(read),
    };
  },
});

/** Terraform's own: a value that is kept. https://developer.hashicorp.com/terraform/language/resources/terraform-data */
const data: Adapter = {
  type: "terraform_data",
  computed: (read) => ({
    id: digits(`${read.resource.stack}/${read.resource.address}`, 19),
    output: read.resource.config["input"] ?? null,
  }),
};

/** A second of the three years from 2026, by what is kept. */
const secondOf = (text: string): string =>
  new Date(Date.UTC(2026, 0) + Number(digits(text, 8)) * 1_000).toISOString().replace(".000", "");

/**
 * hashicorp/time: Terraform's door waits by itself, and here nothing takes time to take effect. The id is a time, and no
 * two of a stack may have one.
 */
const sleep: Adapter = {
  type: "time_sleep",
  computed: ({ resource: { stack, address } }) => ({ id: secondOf(`${stack}/${address}`) }),
};

const channelConfig: Adapter = {
  type: "google_eventarc_google_channel_config",
  computed: (read) => ({ project: read.project, id: read.required("name") }),
};

/** What is written of the calls of one service; the engine makes every call's events alike. */
const auditConfig: Adapter = {
  type: "google_project_iam_audit_config",
  computed: (read) => ({ id: `${read.project}/audit_config/${read.required("service")}`, etag: "local" }),
};

/** Kept so that references to them resolve; nothing of them happens on a laptop. */
export const storedAdapters: readonly Adapter[] = [
  numbered("google_monitoring_alert_policy", "alertPolicies"),
  numbered("google_monitoring_dashboard", "dashboards"),
  numbered("google_monitoring_notification_channel", "notificationChannels"),
  numbered("google_monitoring_uptime_check_config", "uptimeCheckConfigs"),
  named("google_logging_metric", "metrics"),
  dataflow("google_dataflow_job"),
  dataflow("google_dataflow_flex_template_job"),
  data,
  sleep,
  repository,
  secret,
  channelConfig,
  auditConfig,
];
