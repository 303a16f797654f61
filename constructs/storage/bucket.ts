import { Construct } from "constructs";
import type { Duration } from "../../language/duration";
import {
  addIssue,
  check,
  durationOf,
  enableApi,
  type Encryption,
  fit,
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
import { StorageBucket, StorageBucketIamMember } from "../l1/storage";
import type { Alarm } from "../monitoring/alarm";
import { type IMonitored, monitor, type MonitoringProps } from "../monitoring/monitored";
import type { DashboardSection } from "../monitoring/section";
import { bucketMetrics, bucketSection } from "./metrics";

export interface BucketProps extends Pick<MonitoringProps, "dashboard"> {
  /** Name, after the project's id and the stack's prefix: names of buckets are world-wide. @default from the path */
  readonly name?: string;
  /** Region, dual-region or multi-region. @default the stack's region */
  readonly location?: string;
  /** What storing costs against what reading costs. @default "STANDARD" */
  readonly storageClass?: "STANDARD" | "NEARLINE" | "COLDLINE" | "ARCHIVE";
  /** Age at which objects are deleted, in whole days. @default never */
  readonly deleteAfter?: Duration;
  /** Age at which objects move to a cheaper class, in whole days. @default never */
  readonly coolDown?: { readonly after: Duration; readonly to: "NEARLINE" | "COLDLINE" | "ARCHIVE" };
  /** A key of one's own; Cloud Storage is let use it. @default Google's */
  readonly encryption?: Encryption;
  /** Keeps what is overwritten or deleted as a noncurrent version. @default true */
  readonly versioning?: boolean;
  /** How long noncurrent versions are kept, in whole days. @default "30d" */
  readonly keepNoncurrent?: Duration;
  /** How long deleted objects can be restored: 7d–90d, or `"0s"` for not at all. @default "7d" */
  readonly softDelete?: Duration;
  /** Lets Terraform destroy the bucket with everything in it. @default false */
  readonly forceDestroy?: boolean;
  /** Bucket that receives access logs. @default none */
  readonly accessLogs?: IBucket;
  /** Labels beside the stack's. @default none */
  readonly labels?: Labels;
}

/** A bucket, made here or elsewhere. */
export interface IBucket {
  /** Readable at synth. */
  readonly name: string;
  /** The name as a reference: Terraform makes the bucket first. */
  readonly reference: string;
  /** Region, dual-region or multi-region; undefined when nobody said. */
  readonly location?: string;
  /** Lets the grantee read objects of this bucket. */
  grantRead(grantee: IGrantee, options?: GrantOptions): Grant;
  /** Lets the grantee create, overwrite and delete objects of this bucket. */
  grantWrite(grantee: IGrantee, options?: GrantOptions): Grant;
  /** Lets the grantee create objects in this bucket; existing ones it can neither read nor overwrite. */
  grantCreate(grantee: IGrantee, options?: GrantOptions): Grant;
  /** Lets the grantee read what the bucket is like and list its objects, but not read them. */
  grantDescribe(grantee: IGrantee, options?: GrantOptions): Grant;
}

/** https://cloud.google.com/storage/docs/access-control/iam-roles */
const GRANTS = {
  read: { role: "roles/storage.objectViewer", on: "bucket", reason: "reads objects" },
  write: { role: "roles/storage.objectUser", on: "bucket", reason: "writes objects" },
  create: { role: "roles/storage.objectCreator", on: "bucket", reason: "creates objects" },
  describe: { role: "roles/storage.legacyBucketReader", on: "bucket", reason: "reads the bucket's settings" },
} as const satisfies Record<string, GrantKind>;

/** https://cloud.google.com/storage/docs/buckets#naming; names with dots must be verified domains, so there are none. */
const NAME: NameRule = {
  kind: "bucket",
  pattern: /^(?!goog)(?!.*google)[a-z0-9][a-z0-9_-]{1,61}[a-z0-9]$/,
  max: 63,
  allowed: "3–63 lower-case letters, digits, hyphens and underscores, without the word google",
};

const DAY_MS = 86_400_000;

/** What a bucket lets others do, whoever made it. */
abstract class GrantingBucket extends Construct implements IBucket {
  abstract readonly name: string;
  abstract readonly reference: string;

  grantRead(grantee: IGrantee, options?: GrantOptions): Grant {
    return grant(targetOf(this), grantee, GRANTS.read, options);
  }

  grantWrite(grantee: IGrantee, options?: GrantOptions): Grant {
    return grant(targetOf(this), grantee, GRANTS.write, options);
  }

  grantCreate(grantee: IGrantee, options?: GrantOptions): Grant {
    return grant(targetOf(this), grantee, GRANTS.create, options);
  }

  grantDescribe(grantee: IGrantee, options?: GrantOptions): Grant {
    return grant(targetOf(this), grantee, GRANTS.describe, options);
  }
}

/** A bucket that only IAM opens and nobody can make public. */
export class Bucket extends GrantingBucket implements IMonitored {
  /** A bucket made elsewhere. @param location region, dual-region or multi-region; triggers of its events need it */
  static fromExisting(scope: Construct, id: string, name: string, location?: string): IBucket {
    return new ExistingBucket(scope, id, name, location);
  }

  readonly resource: StorageBucket;
  readonly name: string;
  readonly reference: string;
  readonly location: string;
  readonly metrics: ReturnType<typeof bucketMetrics>;
  /** None: how much is normal, its owner alone knows. */
  readonly alarms: readonly Alarm[] = [];
  readonly sections: readonly DashboardSection[];

  constructor(scope: Construct, id: string, props: BucketProps = {}) {
    super(scope, id);
    const stack = MillraceStack.of(this);
    const { projectId, region } = stack.context;
    const resolved = {
      softDeleteMs: durationOf(this, "softDelete", props.softDelete ?? "7d"),
      ages: {
        keepNoncurrent: durationOf(this, "keepNoncurrent", props.keepNoncurrent ?? "30d"),
        deleteAfter: props.deleteAfter && durationOf(this, "deleteAfter", props.deleteAfter),
        coolDown: props.coolDown && durationOf(this, "coolDown.after", props.coolDown.after),
      },
    };
    check(this, resolved, RULES);
    checkLabels(this, props.labels ?? {});
    const key = props.encryption && grantEncryption(this, props.encryption, "storage");
    this.name = worldWide(this, projectId, physicalName(this, NAME, props.name));
    this.location = props.location ?? region;
    const versioning = props.versioning ?? true;
    const lifecycleRule = lifecycleOf(props, resolved, versioning);
    this.resource = new StorageBucket(this, "Resource", {
      project: projectId,
      name: this.name,
      location: this.location,
      storageClass: props.storageClass ?? "STANDARD",
      // Both are computed when unset, so a bucket opened by hand would stay open (gcp-rules: "set explicitly").
      uniformBucketLevelAccess: true,
      publicAccessPrevention: "enforced",
      forceDestroy: props.forceDestroy ?? false,
      versioning: { enabled: versioning },
      softDeletePolicy: { retentionDurationSeconds: resolved.softDeleteMs / 1_000 },
      lifecycleRule: lifecycleRule.length > 0 ? lifecycleRule : undefined,
      encryption: props.encryption && { defaultKmsKeyName: props.encryption.kmsKeyName },
      logging: props.accessLogs && { logBucket: props.accessLogs.reference },
      labels: props.labels && { ...props.labels },
      dependsOn: [enableApi(this, "storage.googleapis.com"), ...(key ? [key.resource] : [])],
      ...(!props.forceDestroy && stack.protection),
    });
    this.reference = this.resource.name;
    this.metrics = bucketMetrics(this.name);
    this.sections = [bucketSection(this.metrics, this.name)];
    monitor(this, props);
  }
}

class ExistingBucket extends GrantingBucket {
  readonly reference: string;

  constructor(
    scope: Construct,
    id: string,
    readonly name: string,
    readonly location?: string,
  ) {
    super(scope, id);
    this.reference = name;
    if (isKnown(name) && /[:/]/.test(name))
      addIssue(this, "MR1484", { problem: `"${name}" is not the name of a bucket`, got: name });
  }
}

const targetOf = (bucket: Construct & IBucket): GrantTarget => ({
  scope: bucket,
  name: `projects/_/buckets/${bucket.name}`,
  level: "resource",
  attach: (scope, id, config) => new StorageBucketIamMember(scope, id, { ...config, bucket: bucket.reference }),
});

/** The project's id is unique in the world, so a name that starts with it is nobody else's. */
function worldWide(construct: Construct, projectId: string, name: string): string {
  if (!isKnown(projectId) || !isKnown(name)) return name;
  const full = fit(`${projectId.replace(/[^a-z0-9-]/g, "-")}-${name}`, NAME.max);
  if (!NAME.pattern.test(full))
    addIssue(construct, "MR1010", {
      problem: `"${full}" is not a name Google accepts for a bucket: ${NAME.allowed}`,
      got: full,
      want: String(NAME.pattern),
    });
  return full;
}

interface Resolved {
  readonly softDeleteMs: number;
  readonly ages: {
    readonly keepNoncurrent: number;
    readonly deleteAfter: number | undefined;
    readonly coolDown: number | undefined;
  };
}

/** What happens to objects as they age. */
function lifecycleOf({ coolDown }: BucketProps, { ages }: Resolved, versioning: boolean) {
  const days = (ms: number) => ms / DAY_MS;
  return [
    ...(versioning
      ? [
          {
            action: { type: "Delete" },
            condition: { daysSinceNoncurrentTime: days(ages.keepNoncurrent), withState: "ARCHIVED" },
          },
        ]
      : []),
    ...(coolDown && ages.coolDown !== undefined
      ? [{ action: { type: "SetStorageClass", storageClass: coolDown.to }, condition: { age: days(ages.coolDown) } }]
      : []),
    ...(ages.deleteAfter === undefined
      ? []
      : [{ action: { type: "Delete" }, condition: { age: days(ages.deleteAfter), withState: "LIVE" } }]),
  ];
}

const RULES: readonly Rule<Resolved>[] = [
  {
    code: "MR1481",
    fault: ({ softDeleteMs }) =>
      softDeleteMs !== 0 &&
      (softDeleteMs < 7 * DAY_MS || softDeleteMs > 90 * DAY_MS) && {
        problem: `deleted objects would be kept for ${softDeleteMs / DAY_MS} days; Google keeps them for 7 to 90, or not at all`,
        got: `${softDeleteMs / DAY_MS}d`,
        want: '7d–90d or "0s"',
      },
  },
  ...(["keepNoncurrent", "deleteAfter", "coolDown"] as const).map((field): Rule<Resolved> => ({
    code: "MR1482",
    fault: ({ ages: { [field]: age } }) =>
      age !== undefined &&
      (age < DAY_MS || age % DAY_MS > 0) && {
        problem: `${field} is ${age / DAY_MS} days; the rule counts whole ones, from 1`,
        got: `${age / DAY_MS}d`,
        want: "30d",
      },
  })),
];
