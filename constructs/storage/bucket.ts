import { Construct } from "constructs";
import type { Duration } from "../../language/duration";
import {
  addIssue,
  check,
  durationOf,
  enableApi,
  fit,
  type Grant,
  grant,
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

export interface BucketProps {
  /** Name, after the project's id and the stack's prefix: names of buckets are world-wide. @default from the path */
  readonly name?: string;
  /** Region, dual-region or multi-region. @default the stack's region */
  readonly location?: string;
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
  /** Lets the grantee read objects of this bucket. */
  grantRead(grantee: IGrantee, options?: GrantOptions): Grant;
  /** Lets the grantee create, overwrite and delete objects of this bucket. */
  grantWrite(grantee: IGrantee, options?: GrantOptions): Grant;
}

/** https://cloud.google.com/storage/docs/access-control/iam-roles */
const GRANTS = {
  read: { role: "roles/storage.objectViewer", on: "bucket", reason: "reads objects" },
  write: { role: "roles/storage.objectUser", on: "bucket", reason: "writes objects" },
} as const satisfies Record<string, GrantKind>;

/** https://cloud.google.com/storage/docs/buckets#naming; names with dots must be verified domains, so there are none. */
const NAME: NameRule = {
  kind: "bucket",
  pattern: /^(?!goog)(?!.*google)[a-z0-9][a-z0-9_-]{1,61}[a-z0-9]$/,
  max: 63,
  allowed: "3–63 lower-case letters, digits, hyphens and underscores, without the word google",
};

const DAY_MS = 86_400_000;

/** A bucket that only IAM opens and nobody can make public. */
export class Bucket extends Construct implements IBucket {
  /** A bucket made elsewhere. */
  static fromExisting(scope: Construct, id: string, name: string): IBucket {
    return new ExistingBucket(scope, id, name);
  }

  readonly resource: StorageBucket;
  readonly name: string;
  readonly reference: string;

  constructor(scope: Construct, id: string, props: BucketProps = {}) {
    super(scope, id);
    const stack = MillraceStack.of(this);
    const { projectId, region } = stack.context;
    const resolved = {
      softDeleteMs: durationOf(this, "softDelete", props.softDelete ?? "7d"),
      keepNoncurrentMs: durationOf(this, "keepNoncurrent", props.keepNoncurrent ?? "30d"),
    };
    check(this, resolved, RULES);
    checkLabels(this, props.labels ?? {});
    this.name = worldWide(this, projectId, physicalName(this, NAME, props.name));
    const versioning = props.versioning ?? true;
    const days = resolved.keepNoncurrentMs / DAY_MS;
    this.resource = new StorageBucket(this, "Resource", {
      project: projectId,
      name: this.name,
      location: props.location ?? region,
      storageClass: "STANDARD",
      // Both are computed when unset, so a bucket opened by hand would stay open (gcp-rules: "set explicitly").
      uniformBucketLevelAccess: true,
      publicAccessPrevention: "enforced",
      forceDestroy: props.forceDestroy ?? false,
      versioning: { enabled: versioning },
      softDeletePolicy: { retentionDurationSeconds: resolved.softDeleteMs / 1_000 },
      lifecycleRule: versioning
        ? [{ action: { type: "Delete" }, condition: { daysSinceNoncurrentTime: days, withState: "ARCHIVED" } }]
        : undefined,
      logging: props.accessLogs && { logBucket: props.accessLogs.reference },
      labels: props.labels && { ...props.labels },
      dependsOn: [enableApi(this, "storage.googleapis.com")],
      ...(!props.forceDestroy && stack.protection),
    });
    this.reference = this.resource.name;
  }

  grantRead(grantee: IGrantee, options?: GrantOptions): Grant {
    return grant(targetOf(this), grantee, GRANTS.read, options);
  }

  grantWrite(grantee: IGrantee, options?: GrantOptions): Grant {
    return grant(targetOf(this), grantee, GRANTS.write, options);
  }
}

class ExistingBucket extends Construct implements IBucket {
  readonly reference: string;

  constructor(
    scope: Construct,
    id: string,
    readonly name: string,
  ) {
    super(scope, id);
    this.reference = name;
  }

  grantRead(grantee: IGrantee, options?: GrantOptions): Grant {
    return grant(targetOf(this), grantee, GRANTS.read, options);
  }

  grantWrite(grantee: IGrantee, options?: GrantOptions): Grant {
    return grant(targetOf(this), grantee, GRANTS.write, options);
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
  readonly keepNoncurrentMs: number;
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
  {
    code: "MR1482",
    fault: ({ keepNoncurrentMs }) =>
      (keepNoncurrentMs < DAY_MS || keepNoncurrentMs % DAY_MS > 0) && {
        problem: `noncurrent versions would be kept for ${keepNoncurrentMs / DAY_MS} days; the rule counts whole ones, from 1`,
        got: `${keepNoncurrentMs / DAY_MS}d`,
        want: "30d",
      },
  },
];
