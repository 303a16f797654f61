import { Construct } from "constructs";
import type { Duration } from "../../language/duration";
import {
  addIssue,
  check,
  durationOf,
  type Encryption,
  escapeTemplate,
  type Grant,
  grant,
  grantEncryption,
  type GrantKind,
  type GrantOptions,
  type GrantTarget,
  type IGrantee,
  isKnown,
  kebab,
  type Labels,
  MillraceStack,
  type Rule,
} from "../core";
import { checkLabels } from "../core/labels";
import { claimName, pathInStack } from "../core/names";
import { BigqueryTable, BigqueryTableIamMember } from "../l1/bigquery";
import type { Column } from "./columns";
import type { IBigQueryDataset } from "./dataset";

export interface BigQueryTableProps {
  readonly dataset: IBigQueryDataset;
  /** Id, without the stack's prefix: the dataset has it. @default from the construct's path */
  readonly name?: string;
  readonly columns: readonly Column[];
  /** Column of type `TIMESTAMP`, `DATE` or `DATETIME` and the length of a partition. @default not partitioned */
  readonly partition?: {
    /** @default the time of arrival */
    readonly by?: string;
    readonly unit: "hour" | "day" | "month" | "year";
    /** Age at which a partition is deleted. @default the dataset's */
    readonly expiration?: Duration;
    /** Whether a query must name partitions. @default false */
    readonly filterRequired?: boolean;
  };
  /** Columns that rows are stored by, at most 4. @default none */
  readonly clusterBy?: readonly string[];
  readonly description?: string;
  /** A key of one's own; BigQuery is let use it. @default the dataset's */
  readonly encryption?: Encryption;
  /** Labels beside the stack's. @default none */
  readonly labels?: Labels;
}

/** A table, made here or elsewhere. */
export interface IBigQueryTable {
  /** `project.dataset.table`, readable at synth. */
  readonly name: string;
  /** The same as a reference: Terraform makes the table first. */
  readonly reference: string;
  /** Undefined for a table made elsewhere. */
  readonly columns?: readonly Column[];
  /** Lets the grantee read the rows of this table. */
  grantRead(grantee: IGrantee, options?: GrantOptions): Grant;
  /** Lets the grantee read and write the rows of this table. */
  grantWrite(grantee: IGrantee, options?: GrantOptions): Grant;
  /** Lets the grantee read what the table looks like, but none of its rows. */
  grantDescribe(grantee: IGrantee, options?: GrantOptions): Grant;
}

/** https://cloud.google.com/bigquery/docs/access-control */
const GRANTS = {
  read: { role: "roles/bigquery.dataViewer", on: "table", reason: "reads rows" },
  write: { role: "roles/bigquery.dataEditor", on: "table", reason: "writes rows" },
  describe: { role: "roles/bigquery.metadataViewer", on: "table", reason: "reads the table's columns" },
} as const satisfies Record<string, GrantKind>;

/** What a table lets others do, whoever made it. */
abstract class GrantingTable extends Construct implements IBigQueryTable {
  abstract readonly name: string;
  abstract readonly reference: string;
  /** The id as a reference, of a table that is made here. */
  protected abstract readonly idReference: string | undefined;

  grantRead(grantee: IGrantee, options?: GrantOptions): Grant {
    return grant(targetOf(this, this.idReference), grantee, GRANTS.read, options);
  }

  grantWrite(grantee: IGrantee, options?: GrantOptions): Grant {
    return grant(targetOf(this, this.idReference), grantee, GRANTS.write, options);
  }

  grantDescribe(grantee: IGrantee, options?: GrantOptions): Grant {
    return grant(targetOf(this, this.idReference), grantee, GRANTS.describe, options);
  }
}

/** A BigQuery table. */
export class BigQueryTable extends GrantingTable {
  /** A table made elsewhere. @param name `project.dataset.table` */
  static fromExisting(scope: Construct, id: string, name: string): IBigQueryTable {
    return new ExistingTable(scope, id, name);
  }

  readonly resource: BigqueryTable;
  readonly name: string;
  readonly reference: string;
  readonly columns: readonly Column[];
  protected readonly idReference: string;

  constructor(scope: Construct, id: string, props: BigQueryTableProps) {
    super(scope, id);
    const { dataset, partition, encryption } = props;
    const tableId = props.name ?? kebab(pathInStack(this)).replaceAll("-", "_");
    checkTableId(this, dataset, tableId);
    check(this, props, RULES);
    checkLabels(this, props.labels ?? {});
    const key = encryption && grantEncryption(this, encryption, "bigquery");
    this.columns = props.columns;
    this.resource = new BigqueryTable(this, "Resource", {
      project: dataset.projectId,
      datasetId: dataset.reference,
      tableId,
      schema: escapeTemplate(JSON.stringify(props.columns)),
      timePartitioning: partition && {
        type: partition.unit.toUpperCase(),
        field: partition.by,
        expirationMs:
          partition.expiration === undefined
            ? undefined
            : durationOf(this, "partition.expiration", partition.expiration),
      },
      requirePartitionFilter: partition?.filterRequired,
      clustering: props.clusterBy && [...props.clusterBy],
      description: props.description,
      encryptionConfiguration: encryption && { kmsKeyName: encryption.kmsKeyName },
      deletionProtection: MillraceStack.of(this).context.deletionProtection,
      labels: props.labels && { ...props.labels },
      dependsOn: key && [key.resource],
    });
    this.name = `${dataset.projectId}.${dataset.datasetId}.${tableId}`;
    this.idReference = this.resource.tableId;
    this.reference = `${dataset.projectId}.${dataset.reference}.${this.idReference}`;
  }
}

class ExistingTable extends GrantingTable {
  readonly reference: string;
  protected readonly idReference = undefined;

  constructor(
    scope: Construct,
    id: string,
    readonly name: string,
  ) {
    super(scope, id);
    this.reference = name;
    if (isKnown(name) && !FULL_NAME.test(name))
      addIssue(this, "MR1801", { problem: `"${name}" is not the full name of a table`, got: name });
  }
}

/** Project, dataset, table; old project ids hold a dot themselves: `example.com:acme`. */
const FULL_NAME = /^(.+)\.([^.]+)\.([^.]+)$/;

function targetOf(table: Construct & IBigQueryTable, reference?: string): GrantTarget {
  const [, project = "", datasetId = "", tableId = ""] = FULL_NAME.exec(table.name) ?? [];
  return {
    scope: table,
    name: `projects/${project}/datasets/${datasetId}/tables/${tableId}`,
    level: "resource",
    attach: (scope, id, config) =>
      new BigqueryTableIamMember(scope, id, { ...config, project, datasetId, tableId: reference ?? tableId }),
  };
}

/** https://cloud.google.com/bigquery/docs/tables#table_naming; spaces are left out, since Pub/Sub is given the name. */
const TABLE_ID = /^[A-Za-z0-9_-]{1,1024}$/;

function checkTableId(table: Construct, { projectId, datasetId }: IBigQueryDataset, tableId: string): void {
  if (!isKnown(tableId)) return;
  const full = `${projectId}.${datasetId}.${tableId}`;
  if (!TABLE_ID.test(tableId))
    addIssue(table, "MR1010", {
      problem: `"${tableId}" is not a name Google accepts for a table: letters, digits, underscores and hyphens`,
      got: tableId,
      want: String(TABLE_ID),
    });
  claimName(table, "table", full);
}

const MOST_CLUSTER_COLUMNS = 4;

const RULES: readonly Rule<BigQueryTableProps>[] = [
  {
    code: "MR1802",
    fault: ({ columns, partition, clusterBy = [] }) => {
      const names = columns.map(({ name }) => name);
      const wanted = [...(partition?.by === undefined ? [] : [partition.by]), ...clusterBy];
      const missing = wanted.filter((name) => !names.includes(name));
      return (
        missing.length > 0 && {
          problem: `the table has no column ${missing.map((name) => `"${name}"`).join(", ")}`,
          got: missing.join(", "),
          want: names.join(", "),
        }
      );
    },
  },
  {
    code: "MR1803",
    fault: ({ columns }) => {
      const names = columns.map(({ name }) => name.toLowerCase());
      const twice = names.filter((name, index) => names.indexOf(name) !== index);
      return twice.length > 0 && { problem: `${twice.map((name) => `"${name}"`).join(", ")} is there twice` };
    },
  },
  {
    code: "MR1805",
    severity: "warning",
    fault: ({ clusterBy = [] }) =>
      clusterBy.length > MOST_CLUSTER_COLUMNS && {
        problem: `the table would be clustered by ${clusterBy.length} columns`,
        got: String(clusterBy.length),
        want: `≤ ${MOST_CLUSTER_COLUMNS}`,
      },
  },
];
