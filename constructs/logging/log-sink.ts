import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import { check, enableApi, escapeTemplate, type IGrantee, isKnown, kebab, MillraceStack } from "../core";
import { type NameRule, physicalName, type Rule } from "../core";
import { ofSameStack } from "../core/dependables";
import { pathInStack } from "../core/names";
import { LoggingProjectSink } from "../l1/logging";
import type { ITopic } from "../pubsub/topic";

export interface LogSinkProps {
  /** Where the entries go, each a message with the entry as JSON; Cloud Logging is let publish there. */
  readonly topic: ITopic;
  /**
   * Which entries, in Cloud Logging's query language, at most 20,000 characters.
   * https://cloud.google.com/logging/docs/view/logging-query-language
   */
  readonly filter: string;
  /** What is left out of them, each with a name of its own. @default nothing */
  readonly exclusions?: readonly { readonly name: string; readonly filter: string; readonly description?: string }[];
  /** Name, after the stack's prefix. @default from the construct's path */
  readonly name?: string;
  /** @default the construct's path */
  readonly description?: string;
  /** Keeps the sink without letting it send. @default false */
  readonly disabled?: boolean;
  /** What must exist before the first entry is sent. @default the right to publish */
  readonly dependsOn?: readonly ITerraformDependable[];
}

/** https://cloud.google.com/logging/docs/reference/v2/rest/v2/projects.sinks: `LogSink.name` */
const NAME: NameRule = {
  kind: "log sink",
  pattern: /^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$/,
  max: 100,
  allowed: "1–100 letters, digits, underscores, hyphens and periods, starting with a letter or digit",
};

/** https://cloud.google.com/logging/quotas */
const LONGEST_FILTER = 20_000;

/** Publishes what is logged in the project. Entries come at least once; those from before it may publish are lost. */
export class LogSink extends Construct {
  readonly resource: LoggingProjectSink;
  /** `projects/{project}/sinks/{sink}`, readable at synth. */
  readonly name: string;
  /** What must exist before entries arrive: the right to publish. */
  readonly dependables: readonly ITerraformDependable[];

  constructor(scope: Construct, id: string, props: LogSinkProps) {
    super(scope, id);
    const { projectId, projectNumber } = MillraceStack.of(this).context;
    const name = physicalName(this, NAME, props.name);
    this.name = `projects/${projectId}/sinks/${name}`;
    check(this, props, RULES);
    const { topic, exclusions, dependsOn = [] } = props;
    this.resource = new LoggingProjectSink(this, "Resource", {
      project: projectId,
      name,
      destination: `pubsub.googleapis.com/${topic.reference}`,
      filter: escapeTemplate(props.filter),
      description: escapeTemplate(props.description ?? this.node.path),
      disabled: props.disabled,
      exclusions: exclusions?.map(({ filter, ...rest }) => ({ ...rest, filter: escapeTemplate(filter) })),
      // The shared identity of older sinks cannot be granted anything narrowly.
      uniqueWriterIdentity: true,
      dependsOn: [enableApi(this, "logging.googleapis.com")],
    });
    const writer: IGrantee = {
      member: this.resource.writerIdentity,
      // https://cloud.google.com/logging/docs/export/configure_export_v2#dest-auth; sinks older than 2023 have others.
      principal: `serviceAccount:service-${projectNumber}@gcp-sa-logging.iam.gserviceaccount.com`,
      granteeId: `${kebab(pathInStack(this))}-writer`,
      construct: this,
    };
    const publish = topic.grantPublish(writer, {
      reason: `publishes what ${this.name} lets through`,
      dependsOn: ofSameStack(this, dependsOn),
    });
    this.dependables = [publish.resource];
  }
}

const RULES: readonly Rule<LogSinkProps>[] = [
  {
    code: "MR1663",
    fault: ({ filter }) =>
      isKnown(filter) &&
      (filter.trim() === "" || filter.length > LONGEST_FILTER) && {
        problem:
          filter.trim() === ""
            ? "without a filter everything that is logged would be published, what its consumers log included"
            : `the filter has ${filter.length} characters; Cloud Logging takes ${LONGEST_FILTER}`,
        want: `1–${LONGEST_FILTER} characters`,
      },
  },
];
