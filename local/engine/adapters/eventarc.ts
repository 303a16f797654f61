import { parseLogFilter } from "../../../language/log-filter";
import { issue } from "../../plan/issues";
import type { TriggerConfig } from "../eventarc/types";
import { type Adapter, type Reader, asBlocks, at } from "./adapter";
import { digits, labelled } from "./common";
import { topicName } from "./pubsub";

const MESSAGE_PUBLISHED = "google.cloud.pubsub.topic.v1.messagePublished";

const idOf = (read: Reader): string =>
  `projects/${read.project}/locations/${read.region}/triggers/${read.required("name")}`;

/** The topic that Eventarc makes for a trigger, and the subscription it makes to deliver. */
const transportOf = (read: Reader) => {
  const short = `eventarc-${read.region}-${read.required("name")}`;
  const number = digits(idOf(read), 3);
  const own = read.text("transport.pubsub.topic");
  return {
    topic: own ? topicName(read, "transport.pubsub.topic") : `projects/${read.project}/topics/${short}-${number}`,
    own: Boolean(own),
    subscription: `projects/${read.project}/subscriptions/${short}-sub-${number}`,
  };
};

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

const trigger: Adapter = {
  type: "google_eventarc_trigger",
  // There is nobody here to answer in a cluster or inside a network.
  runs: ({ destination }) =>
    at(destination, "cloud_run_service") !== undefined || at(destination, "workflow") !== undefined,
  honoured: [
    "name",
    "location",
    "project",
    "matching_criteria",
    "destination.cloud_run_service",
    "destination.workflow",
    "service_account",
    "transport",
  ],
  inert: ["labels", "event_data_content_type", "channel", "timeouts"],
  computed(read) {
    const id = idOf(read);
    const { topic, subscription } = transportOf(read);
    return {
      project: read.project,
      id,
      uid: digits(id, 19),
      conditions: {},
      transport: [{ pubsub: [{ topic, subscription }] }],
      ...labelled(read),
    };
  },
  contribute(read, resource, draft) {
    const target = destinationOf(read);
    if (!target) return;
    const { topic, own, subscription } = transportOf(read);
    const criteria = read.blocks("matching_criteria").map((block) => ({
      attribute: textOf(block["attribute"]),
      value: textOf(block["value"]),
      pattern: block["operator"] === "match-path-pattern",
    }));
    const published = criteria.some(({ attribute, value }) => attribute === "type" && value === MESSAGE_PUBLISHED);
    const email = read.text("service_account");
    draft.triggers.push({
      resource,
      config: {
        name: idOf(read),
        project: read.project,
        location: read.region,
        criteria,
        topic,
        own: published && own,
        subscription,
        ...(email && { email: email.split("/").at(-1)! }),
        target,
      },
    });
  },
};

function destinationOf(read: Reader): TriggerConfig["target"] | undefined {
  const workflow = read.text("destination.workflow");
  if (workflow) return { workflow };
  if (!read.block("destination.cloud_run_service")) return undefined;
  const service = read.required("destination.cloud_run_service.service");
  const region = read.text("destination.cloud_run_service.region") || read.region;
  const full = `projects/${read.project}/locations/${region}/services/${service}`;
  return {
    service: service.startsWith("projects/") ? service : full,
    path: read.text("destination.cloud_run_service.path") ?? "",
  };
}

const TOPIC = /^pubsub\.googleapis\.com\/(projects\/[^/]+\/topics\/[^/]+)$/;

const sink: Adapter = {
  type: "google_logging_project_sink",
  runs: ({ destination, disabled }) => typeof destination === "string" && TOPIC.test(destination) && disabled !== true,
  honoured: ["name", "project", "destination", "filter", "exclusions", "disabled"],
  inert: ["description", "unique_writer_identity", "custom_writer_identity", "bigquery_options"],
  computed(read) {
    return {
      project: read.project,
      id: `projects/${read.project}/sinks/${read.required("name")}`,
      writer_identity: `serviceAccount:service-${read.projectNumber}@gcp-sa-logging.iam.gserviceaccount.com`,
    };
  },
  contribute(read, resource, draft) {
    const topic = TOPIC.exec(read.required("destination"))?.[1];
    if (topic === undefined || read.bool("disabled")) return;
    const filter = read.text("filter") ?? "";
    const exclusions = asBlocks(at(resource.attributes, "exclusions"))
      .filter(({ disabled }) => disabled !== true)
      .map(({ filter: text }) => textOf(text));
    for (const text of [filter, ...exclusions]) {
      const parsed = parseLogFilter(text);
      if (parsed.ok || text.trim() === "") continue;
      const where = `${resource.stack}/${resource.address}.filter`;
      const problem = `"${text}", at ${parsed.offset + 1}: ${parsed.message}; the sink lets nothing through here`;
      const fix = "test it on Google Cloud, or write it with comparisons, AND, OR and NOT";
      draft.report(issue("MR4032", where, problem, fix, { severity: "warning" }));
    }
    const writer = read.required("writer_identity");
    draft.sinks.push({ resource, config: { name: read.required("id"), topic, filter, exclusions, writer } });
  },
};

export const eventarcAdapters: readonly Adapter[] = [trigger, sink];
