import { Construct } from "constructs";
import type { Duration } from "../../language/duration";
import {
  addIssue,
  check,
  durationOf,
  enableApi,
  type Encryption,
  type Grant,
  grant,
  grantEncryption,
  type GrantKind,
  type GrantOptions,
  type GrantTarget,
  type IGrantee,
  isKnown,
  type Labels,
  MillraceStack,
  type NameRule,
  physicalName,
  type Rule,
} from "../core";
import { checkLabels } from "../core/labels";
import { BigqueryDataset, BigqueryDatasetIamMember } from "../l1/bigquery";
import type { Alarm } from "../monitoring/alarm";
import { type IMonitored, monitor, type MonitoringProps } from "../monitoring/monitored";
import type { DashboardSection } from "../monitoring/section";
import { datasetMetrics, datasetSection } from "./metrics";

export interface BigQueryDatasetProps extends Pick<MonitoringProps, "dashboard"> {
  /** Id, after the stack's prefix, with underscores for hyphens. @default from the construct's path */
  readonly name?: string;
  /** Region or multi-region, for example `EU`; cannot be changed later. @default the stack's region */
  readonly location?: string;
  readonly description?: string;
  /** Age at which tables are deleted unless they say otherwise, at least 1h. @default never */
  readonly tableExpiration?: Duration;
  /** Age at which partitions are deleted unless their table says otherwise. @default never */
  readonly partitionExpiration?: Duration;
  /** How far back the data can be read as it was, 2d–7d. @default "7d" */
  readonly timeTravel?: Duration;
  /** Whether storage is billed before or after compression. @default "logical": before */
  readonly storageBilling?: "logical" | "physical";
  /** A key of one's own; BigQuery is let use it. @default Google's */
  readonly encryption?: Encryption;
  /** Lets Terraform destroy the dataset with its tables. @default false */
  readonly deleteContents?: boolean;
  /** Labels beside the stack's. @default none */
  readonly labels?: Labels;
}

/** A dataset, made here or elsewhere. */
export interface IBigQueryDataset {
  readonly projectId: string;
  /** Readable at synth. */
  readonly datasetId: string;
  /** The id as a reference: Terraform makes the dataset first. */
  readonly reference: string;
  /** Lets the grantee read the tables of this dataset. */
  grantRead(grantee: IGrantee, options?: GrantOptions): Grant;
  /** Lets the grantee read and write the tables of this dataset, and make new ones. */
  grantWrite(grantee: IGrantee, options?: GrantOptions): Grant;
}

/** https://cloud.google.com/bigquery/docs/access-control */
const GRANTS = {
  read: { role: "roles/bigquery.dataViewer", on: "dataset", reason: "reads tables" },
  write: { role: "roles/bigquery.dataEditor", on: "dataset", reason: "writes tables" },
} as const satisfies Record<string, GrantKind>;

/** https://cloud.google.com/bigquery/docs/datasets#dataset-naming */
const NAME: NameRule = {
  kind: "dataset",
  pattern: /^[A-Za-z0-9_]{1,1024}$/,
  max: 1024,
  allowed: "1–1024 letters, digits and underscores",
  separator: "_",
};

/** What a dataset lets others do, whoever made it. */
abstract class GrantingDataset extends Construct implements IBigQueryDataset {
  abstract readonly projectId: string;
  abstract readonly datasetId: string;
  abstract readonly reference: string;

  grantRead(grantee: IGrantee, options?: GrantOptions): Grant {
    return grant(targetOf(this), grantee, GRANTS.read, options);
  }

  grantWrite(grantee: IGrantee, options?: GrantOptions): Grant {
    return grant(targetOf(this), grantee, GRANTS.write, options);
  }
}

/** A BigQuery dataset. It has no access list of its own, only grants: a list would take away what others were granted. */
export class BigQueryDataset extends GrantingDataset implements IMonitored {
  /** A dataset made elsewhere. @param name `project.dataset` */
  static fromExisting(scope: Construct, id: string, name: string): IBigQueryDataset {
    return new ExistingDataset(scope, id, name);
  }

  readonly resource: BigqueryDataset;
  readonly projectId: string;
  readonly datasetId: string;
  readonly reference: string;
  readonly metrics: ReturnType<typeof datasetMetrics>;
  /** None: how much is written, its owner alone knows. */
  readonly alarms: readonly Alarm[] = [];
  readonly sections: readonly DashboardSection[];

  constructor(scope: Construct, id: string, props: BigQueryDatasetProps = {}) {
    super(scope, id);
    const stack = MillraceStack.of(this);
    this.projectId = stack.context.projectId;
    this.datasetId = physicalName(this, NAME, props.name);
    const ms = (field: "tableExpiration" | "partitionExpiration" | "timeTravel") =>
      props[field] === undefined ? undefined : durationOf(this, field, props[field]);
    const resolved = {
      tableExpirationMs: ms("tableExpiration"),
      partitionExpirationMs: ms("partitionExpiration"),
      timeTravelMs: ms("timeTravel"),
    };
    check(this, resolved, RULES);
    checkLabels(this, props.labels ?? {});
    const key = props.encryption && grantEncryption(this, props.encryption, "bigquery");
    this.resource = new BigqueryDataset(this, "Resource", {
      project: this.projectId,
      datasetId: this.datasetId,
      location: props.location ?? stack.context.region,
      description: props.description,
      defaultTableExpirationMs: resolved.tableExpirationMs,
      defaultPartitionExpirationMs: resolved.partitionExpirationMs,
      maxTimeTravelHours: resolved.timeTravelMs === undefined ? undefined : String(resolved.timeTravelMs / HOUR_MS),
      storageBillingModel: props.storageBilling?.toUpperCase(),
      defaultEncryptionConfiguration: props.encryption && { kmsKeyName: props.encryption.kmsKeyName },
      deleteContentsOnDestroy: props.deleteContents ?? false,
      labels: props.labels && { ...props.labels },
      dependsOn: [enableApi(this, "bigquery.googleapis.com"), ...(key ? [key.resource] : [])],
      ...(!props.deleteContents && stack.protection),
    });
    this.reference = this.resource.datasetId;
    this.metrics = datasetMetrics(this.datasetId);
    this.sections = [datasetSection(this.metrics, this.datasetId)];
    monitor(this, props);
  }
}

class ExistingDataset extends GrantingDataset {
  readonly projectId: string;
  readonly datasetId: string;
  readonly reference: string;

  constructor(scope: Construct, id: string, name: string) {
    super(scope, id);
    // Old project ids hold a dot: `example.com:acme`.
    const [, projectId = "", datasetId = ""] = /^(.+)\.([^.]+)$/.exec(name) ?? [];
    if (datasetId === "")
      addIssue(this, "MR1801", { problem: `"${name}" is not the full name of a dataset`, got: name });
    this.projectId = projectId;
    this.datasetId = datasetId;
    this.reference = datasetId;
  }
}

const targetOf = (dataset: Construct & IBigQueryDataset): GrantTarget => ({
  scope: dataset,
  name: `projects/${dataset.projectId}/datasets/${dataset.datasetId}`,
  level: "resource",
  attach: (scope, id, config) =>
    new BigqueryDatasetIamMember(scope, id, { ...config, project: dataset.projectId, datasetId: dataset.reference }),
});

const HOUR_MS = 3_600_000;

interface Resolved {
  readonly tableExpirationMs?: number;
  readonly timeTravelMs?: number;
}

const RULES: readonly Rule<Resolved>[] = [
  {
    code: "MR1804",
    fault: ({ tableExpirationMs: age }) =>
      age !== undefined &&
      isKnown(age) &&
      age < HOUR_MS && {
        problem: `tables would be deleted after ${age / 1_000} s; the least is an hour`,
        got: `${age / 1_000}s`,
        want: "at least 1h",
      },
  },
  {
    code: "MR1804",
    fault: ({ timeTravelMs: age }) =>
      age !== undefined &&
      (age % (24 * HOUR_MS) > 0 || age < 48 * HOUR_MS || age > 168 * HOUR_MS) && {
        problem: `data could be read as it was for ${age / HOUR_MS} h; BigQuery keeps it for 2 to 7 whole days`,
        got: `${age / HOUR_MS}h`,
        want: "2d–7d",
      },
  },
];
