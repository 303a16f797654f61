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

/** Kept so that references to them resolve; nothing of them happens on a laptop. */
export const storedAdapters: readonly Adapter[] = [
  numbered("google_monitoring_alert_policy", "alertPolicies"),
  numbered("google_monitoring_dashboard", "dashboards"),
  numbered("google_monitoring_notification_channel", "notificationChannels"),
  numbered("google_monitoring_uptime_check_config", "uptimeCheckConfigs"),
  named("google_logging_metric", "metrics"),
  repository,
];
