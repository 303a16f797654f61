import { Construct } from "constructs";
import { addIssue, enableApi, type Grant, grant, type GrantKind, type GrantTarget, type IGrantee } from "../core";
import { isKnown, MillraceStack, projectTarget } from "../core";
import { claimName } from "../core/names";
import { FirestoreField, GoogleFirestoreDatabase } from "../l1/firestore";
import type { Alarm } from "../monitoring/alarm";
import { type IMonitored, monitor, type MonitoringProps } from "../monitoring/monitored";
import type { DashboardSection } from "../monitoring/section";
import { databaseMetrics, databaseSection } from "./metrics";

export interface FirestoreDatabaseProps extends Pick<MonitoringProps, "dashboard"> {
  /** Id of the database, as it is, without the stack's prefix. @default "(default)" */
  readonly databaseId?: string;
  /** Region or multi-region, for example `eur3`; cannot be changed later. @default the stack's region */
  readonly location?: string;
  /** Whether the last seven days can be read as they were. @default false: the last hour */
  readonly pointInTimeRecovery?: boolean;
}

/** A Firestore database, made here or elsewhere. */
export interface IFirestoreDatabase {
  /** `projects/{project}/databases/{database}`, readable at synth. */
  readonly name: string;
  /** Its id as a reference: Terraform makes the database first. */
  readonly reference: string;
  /** Region or multi-region; undefined when nobody said. */
  readonly location?: string;
  /** Lets the grantee read and write the documents of this database, and of no other. */
  grantReadWrite(grantee: IGrantee, reason?: string): Grant;
  /** Makes Firestore remove documents once the timestamp in a field has passed; usually within a day. */
  expireDocuments(collection: string, field: string): void;
}

const READ_WRITE: GrantKind = {
  role: "roles/datastore.user",
  on: "database",
  reason: "reads and writes documents",
  because: "Firestore has no roles on a database; a condition narrows the grant to this one",
};

/** What two stacks of a project do that both want its one `(default)` database. */
const SHARE =
  "share it: give all but one of them `store: FirestoreDatabase.fromExisting(…)`, or a database with a `databaseId` of its own";

/** What a database lets others do, and how its documents expire, whoever made it. */
abstract class GrantingDatabase extends Construct implements IFirestoreDatabase {
  abstract readonly name: string;
  abstract readonly reference: string;

  grantReadWrite(grantee: IGrantee, reason?: string): Grant {
    const target: GrantTarget = { ...projectTarget(this), name: this.name };
    // https://firebase.google.com/docs/firestore/manage-databases#access_control: conditions on `resource.name`.
    const condition = { title: "this-database", expression: `resource.name == "${this.name}"` };
    return grant(target, grantee, READ_WRITE, { reason, condition });
  }

  expireDocuments(collection: string, field: string): void {
    const id = `Expire-${collection}`;
    const earlier = this.node.tryFindChild(id) as FirestoreField | undefined;
    if (earlier && earlier.fieldInput !== field)
      addIssue(this, "MR1602", {
        problem: `documents of ${collection} already expire by ${earlier.fieldInput}, so they cannot expire by ${field}`,
      });
    if (earlier) return;
    new FirestoreField(this, id, {
      project: MillraceStack.of(this).context.projectId,
      database: this.reference,
      collection,
      field,
      ttlConfig: {},
      // Nobody queries by it, and an index over an ever-growing timestamp is a hot spot.
      indexConfig: {},
    });
  }
}

/** A Firestore database in native mode. */
export class FirestoreDatabase extends GrantingDatabase implements IMonitored {
  /**
   * A database made elsewhere.
   * @param name `projects/{project}/databases/{database}`
   * @param location region or multi-region; its events need it
   */
  static fromExisting(scope: Construct, id: string, name: string, location?: string): IFirestoreDatabase {
    return new ExistingFirestoreDatabase(scope, id, name, location);
  }

  readonly resource: GoogleFirestoreDatabase;
  readonly name: string;
  readonly reference: string;
  readonly location: string;
  readonly metrics: ReturnType<typeof databaseMetrics>;
  /** None: handlers whose store fails say so themselves. */
  readonly alarms: readonly Alarm[] = [];
  readonly sections: readonly DashboardSection[];

  constructor(scope: Construct, id: string, props: FirestoreDatabaseProps = {}) {
    super(scope, id);
    const { projectId: project, region, deletionProtection } = MillraceStack.of(this).context;
    const databaseId = props.databaseId ?? "(default)";
    if (isKnown(databaseId) && !isDatabaseId(databaseId))
      addIssue(this, "MR1601", { problem: `"${databaseId}" cannot be the id of a database`, got: databaseId });
    claimName(this, "database", databaseId, SHARE);
    this.location = props.location ?? region;
    this.resource = new GoogleFirestoreDatabase(this, "Resource", {
      project,
      name: databaseId,
      locationId: this.location,
      type: "FIRESTORE_NATIVE",
      pointInTimeRecoveryEnablement: props.pointInTimeRecovery ? "POINT_IN_TIME_RECOVERY_ENABLED" : undefined,
      deleteProtectionState: deletionProtection ? "DELETE_PROTECTION_ENABLED" : "DELETE_PROTECTION_DISABLED",
      // Without it a destroyed database stays, unmanaged, and its id stays taken.
      deletionPolicy: "DELETE",
      dependsOn: [enableApi(this, "firestore.googleapis.com")],
    });
    this.name = `projects/${project}/databases/${databaseId}`;
    this.reference = this.resource.name;
    this.metrics = databaseMetrics(databaseId);
    this.sections = [databaseSection(this.metrics, databaseId)];
    monitor(this, props);
  }
}

class ExistingFirestoreDatabase extends GrantingDatabase {
  readonly reference: string;

  constructor(
    scope: Construct,
    id: string,
    readonly name: string,
    readonly location?: string,
  ) {
    super(scope, id);
    this.reference = name.split("/").at(-1)!;
  }
}

const isDatabaseId = (id: string) =>
  id === "(default)" ||
  (/^[a-z][a-z0-9-]{2,61}[a-z0-9]$/.test(id) && !/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id));
