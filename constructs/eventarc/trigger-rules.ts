import { isKnown, type Rule } from "../core";
import type { ResolvedEvent } from "./events";
import type { EventarcTriggerProps } from "./trigger";

interface Checked {
  readonly props: EventarcTriggerProps;
  readonly event: ResolvedEvent;
  readonly projectId: string;
}

/** A region; `us`, `eur4` and `global` are none. */
const REGION = /^[a-z]+-[a-z]+\d+$/;

const PLACES = {
  region: "one region",
  "region-or-global": "one region or global",
  bucket: "the bucket's location",
  database: "the database's region",
} as const;

/** What Eventarc refuses, and what it accepts and then does otherwise than meant. */
export const TRIGGER_RULES: readonly Rule<Checked>[] = [
  {
    code: "MR1650",
    fault: ({ event: { location, kind } }) =>
      location === undefined && {
        problem: `where its events come from is not known, and the trigger must be in ${PLACES[kind.place]}`,
        want: 'location: "europe-west1"',
      },
  },
  {
    code: "MR1650",
    fault: ({ event: { location, kind } }) =>
      location !== undefined &&
      isKnown(location) &&
      kind.place !== "bucket" &&
      !REGION.test(location) &&
      !(kind.place === "region-or-global" && location === "global") && {
        problem: `"${location}" is no place for a trigger of ${kind.type || "a channel"}, which is in ${PLACES[kind.place]}`,
        got: location,
        want: PLACES[kind.place],
      },
  },
  {
    code: "MR1651",
    fault: ({ props: { location: said, event: asked } }) => {
      const place = "bucket" in asked ? asked.bucket.location?.toLowerCase() : undefined;
      return (
        said !== undefined &&
        place !== undefined &&
        isKnown(said) &&
        isKnown(place) &&
        said.toLowerCase() !== place && {
          problem: `the trigger is in ${said} and the bucket in ${place}, so it would be sent nothing`,
          got: said,
          want: place,
        }
      );
    },
  },
  {
    code: "MR1652",
    severity: "warning",
    fault: ({ event: { kind } }) => ({
      problem: "Eventarc drops an event that it could not deliver for a day, and nothing keeps it",
      fix: `use ${kind.instead}; or acknowledge it if such an event may be lost`,
    }),
  },
  {
    code: "MR1653",
    fault: ({ props: { target } }) =>
      !("workflow" in target) &&
      target.service === undefined && {
        problem: `${target.pushEndpoint} is no Cloud Run service, and Eventarc names its destination by service`,
        got: isKnown(target.pushEndpoint) ? target.pushEndpoint : undefined,
      },
  },
  {
    code: "MR1653",
    fault: ({ props: { target }, projectId }) =>
      !("workflow" in target) &&
      target.service !== undefined &&
      isKnown(target.service.project) &&
      target.service.project !== projectId && {
        problem: `${target.service.name} is a service of project ${target.service.project}, the trigger of ${projectId}`,
        got: target.service.project,
        want: projectId,
      },
  },
  {
    code: "MR1655",
    fault: ({ event: { topic }, projectId }) =>
      topic !== undefined &&
      isKnown(topic.name) &&
      topic.name.split("/")[1] !== projectId && {
        problem: `${topic.name} is a topic of another project than the trigger's, ${projectId}`,
        got: topic.name,
      },
  },
  {
    code: "MR1656",
    severity: "warning",
    fault: ({ props: { target } }) =>
      "workflow" in target && {
        problem: "Workflows acknowledges an event as soon as an execution starts: one that fails is not started again",
      },
  },
];
