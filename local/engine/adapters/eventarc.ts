import type { Adapter } from "./adapter";
import { digits, labelled } from "./common";

const trigger: Adapter = {
  type: "google_eventarc_trigger",
  computed(read) {
    const name = read.required("name");
    const id = `projects/${read.project}/locations/${read.region}/triggers/${name}`;
    return { project: read.project, id, uid: digits(id, 19), conditions: {}, ...labelled(read) };
  },
};

const sink: Adapter = {
  type: "google_logging_project_sink",
  computed(read) {
    return {
      project: read.project,
      id: `projects/${read.project}/sinks/${read.required("name")}`,
      writer_identity: `serviceAccount:service-${read.projectNumber}@gcp-sa-logging.iam.gserviceaccount.com`,
    };
  },
};

export const eventarcAdapters: readonly Adapter[] = [trigger, sink];
