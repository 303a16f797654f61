import type { ITerraformDependable } from "cdktf";
import type { Construct } from "constructs";
import {
  check,
  enableApi,
  type Grant,
  grant,
  type GrantKind,
  type IGrantee,
  isKnown,
  projectTarget,
  type Rule,
} from "../core";
import type { IBucket } from "../storage/bucket";
import { freshSecrets, grantSecret, resolveSecret, SECRET_NAME, secretPath, type SecretReference } from "./secrets";
import { type Machine, mebibytes } from "./size";

/** The value of a secret as a file; the workload's identity is let read it. */
export interface SecretVolume extends SecretReference {
  readonly kind: "secret";
  /** Name of the file below the mount path. @default the name of the secret */
  readonly file?: string;
  /** Permissions of the file, octal as in `0o400`. @default 0o444 */
  readonly mode?: number;
}

/** Scratch space in the instance's memory, gone with the instance. */
export interface MemoryVolume {
  readonly kind: "memory";
  /** `64Mi`, `1Gi`. It counts as memory of the instance. @default what the instance has */
  readonly size?: string;
}

/** The objects of a bucket as files, by Cloud Storage FUSE; the workload's identity is let read them, or write as well. */
export interface BucketVolume {
  readonly kind: "bucket";
  readonly bucket: IBucket;
  /** @default true */
  readonly readOnly?: boolean;
}

/** A directory that an NFS server exports, Filestore for example; reached through the VPC. */
export interface NfsVolume {
  readonly kind: "nfs";
  /** Host name or address. */
  readonly server: string;
  /** Exported path, absolute. */
  readonly path: string;
  /** @default false */
  readonly readOnly?: boolean;
}

/** Sockets of Cloud SQL's databases below `/cloudsql`; the workload's identity is let connect to these and no others. */
export interface CloudSqlVolume {
  readonly kind: "cloud-sql";
  /** `project:region:instance` each. */
  readonly instances: readonly [string, ...string[]];
}

export type Volume = SecretVolume | MemoryVolume | BucketVolume | NfsVolume | CloudSqlVolume;

/** Volumes by the absolute path they appear at. */
export type Volumes = Readonly<Record<string, Volume>>;

/** What a container mounts, in the provider's words, and what that needs. */
export interface RenderedVolumes {
  readonly mounts: readonly { readonly name: string; readonly mountPath: string }[];
  readonly volumes: readonly ({ readonly name: string } & ReturnType<typeof source>)[];
  readonly dependsOn: readonly ITerraformDependable[];
}

const SQL: GrantKind = {
  role: "roles/cloudsql.client",
  on: "project",
  reason: "connects to a database",
  because: "Cloud SQL has no policy on an instance; a condition names it",
};

/**
 * Checks volumes and lets the identity use what is behind them.
 * @param hasVpc whether instances reach a network of one's own
 */
export function bindVolumes(
  construct: Construct,
  volumes: Volumes = {},
  workload: { readonly identity: IGrantee; readonly machine: Machine; readonly hasVpc: boolean },
): RenderedVolumes {
  const sorted = Object.entries(volumes).sort(([a], [b]) => (a < b ? -1 : 1));
  check(construct, { construct, volumes: sorted, ...workload }, RULES);
  const grants = sorted.flatMap(([, volume]) => allow(construct, volume, workload.identity));
  const sql = sorted.some(([, { kind }]) => kind === "cloud-sql")
    ? [enableApi(construct, "sqladmin.googleapis.com")]
    : [];
  return {
    mounts: sorted.map(([mountPath], index) => ({ name: nameOf(mountPath, index), mountPath })),
    volumes: sorted.map(([mountPath, volume], index) => ({
      name: nameOf(mountPath, index),
      ...source(construct, volume),
    })),
    dependsOn: [...grants.map(({ resource }) => resource), ...sql],
  };
}

/** A DNS label that tells people which volume it is; the number keeps two apart that differ in punctuation alone. */
const nameOf = (mountPath: string, index: number) =>
  `v${index}-${mountPath
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, 50)}`
    .replace(/-+/g, "-")
    .replace(/-$/, "");

function allow(construct: Construct, volume: Volume, identity: IGrantee): readonly Grant[] {
  switch (volume.kind) {
    case "secret":
      return [grantSecret(construct, volume, identity)];
    case "bucket":
      return volume.readOnly === false
        ? [volume.bucket.grantWrite(identity, { reason: "mounts the bucket" })]
        : [volume.bucket.grantRead(identity, { reason: "mounts the bucket" })];
    case "cloud-sql":
      return volume.instances.map((instance) => grantSql(construct, instance, identity));
    default:
      return [];
  }
}

/** Narrowed to the instance. https://cloud.google.com/sql/docs/postgres/iam-conditions */
function grantSql(construct: Construct, instance: string, identity: IGrantee): Grant {
  // A project's id may itself hold a colon.
  const [name = instance, , ...project] = instance.split(":").reverse();
  const projectId = project.reverse().join(":");
  return grant(projectTarget(construct, projectId), identity, SQL, {
    condition: {
      title: `database-${name}`,
      expression: `resource.service == "sqladmin.googleapis.com" && resource.name == "projects/${projectId}/instances/${name}"`,
    },
  });
}

function source(construct: Construct, volume: Volume) {
  switch (volume.kind) {
    case "secret": {
      const secret = resolveSecret(construct, volume);
      return {
        secret: {
          secret: secretPath(secret),
          // What is unset reads as 0 and comes back as 0444.
          defaultMode: DEFAULT_MODE,
          items: [{ path: fileOf(volume), version: secret.version, mode: volume.mode ?? DEFAULT_MODE }],
        },
      };
    }
    case "memory":
      return { emptyDir: { medium: "MEMORY", sizeLimit: volume.size } };
    case "bucket":
      return { gcs: { bucket: volume.bucket.reference, readOnly: volume.readOnly ?? true } };
    case "nfs":
      return { nfs: { server: volume.server, path: volume.path, readOnly: volume.readOnly ?? false } };
    default:
      return { cloudSqlInstance: { instances: [...volume.instances] } };
  }
}

/** Name of a secret's file. */
export const fileOf = ({ file, secret }: Pick<SecretVolume, "file" | "secret">): string =>
  file ?? (typeof secret === "string" ? secret : secret.secretId);

const DEFAULT_MODE = 0o444;

/** Where Google puts Cloud SQL's sockets. google/run/v2/k8s.min.proto: `VolumeMount.mount_path` */
const SQL_PATH = "/cloudsql";
/** https://cloud.google.com/run/docs/configuring/services/secrets#disallowed_paths_and_limitations */
const CLOSED_PATHS = ["/dev", "/proc", "/sys"];
/** Where code of ours is. */
const CODE_PATH = "/millrace";

interface Checked {
  readonly construct: Construct;
  readonly volumes: readonly (readonly [string, Volume])[];
  readonly machine: Machine;
  readonly hasVpc: boolean;
}

const below = (path: string, folder: string) => path === folder || path.startsWith(`${folder}/`);

const ofKind = <Kind extends Volume["kind"]>(volumes: Checked["volumes"], kind: Kind) =>
  volumes.filter((entry): entry is readonly [string, Extract<Volume, { kind: Kind }>] => entry[1].kind === kind);

const RULES: readonly Rule<Checked>[] = [
  {
    code: "MR1322",
    fault: ({ volumes }) => {
      const odd = volumes.filter(
        ([path]) => !/^\/[^:]+$/.test(path) || [...CLOSED_PATHS, CODE_PATH].some((one) => below(path, one)),
      );
      return odd.length > 0 && { problem: `nothing can be mounted at ${odd.map(([path]) => `"${path}"`).join(", ")}` };
    },
  },
  {
    code: "MR1322",
    fault: ({ volumes }) => {
      const odd = ofKind(volumes, "cloud-sql").filter(([path]) => path !== SQL_PATH);
      return (
        odd.length > 0 && { problem: `databases would appear at "${odd[0]![0]}"`, got: odd[0]![0], want: SQL_PATH }
      );
    },
  },
  {
    code: "MR1323",
    fault: ({ volumes }) => {
      const odd = ofKind(volumes, "cloud-sql")
        .flatMap(([, { instances }]) => instances)
        .filter((instance) => isKnown(instance) && !/^([a-z0-9.-]+:)?[a-z0-9-]+:[a-z0-9-]+:[a-z0-9-]+$/.test(instance));
      return (
        odd.length > 0 && { problem: `"${odd.join('", "')}" is not a connection name`, want: "project:region:instance" }
      );
    },
  },
  {
    code: "MR1317",
    fault: ({ volumes }) => {
      const odd = ofKind(volumes, "secret")
        .flatMap(([, { secret }]) => (typeof secret === "string" ? [secret] : []))
        .filter((name) => isKnown(name) && !SECRET_NAME.test(name));
      return (
        odd.length > 0 && { problem: `"${odd.join('", "')}" is not the name of a secret`, want: String(SECRET_NAME) }
      );
    },
  },
  {
    code: "MR1851",
    severity: "warning",
    fault: ({ construct, volumes }) => {
      const fresh = freshSecrets(
        construct,
        ofKind(volumes, "secret").map(([, volume]) => volume),
      );
      return (
        fresh.length > 0 && {
          problem: `${fresh.join(", ")} is made by the same stack and has no version when the first revision starts`,
        }
      );
    },
  },
  {
    code: "MR1324",
    fault: ({ volumes }) => {
      const odd = ofKind(volumes, "memory").filter(
        ([, { size }]) => size !== undefined && isKnown(size) && !mebibytes(size),
      );
      return odd.length > 0 && { problem: `"${odd[0]![1].size}" is not an amount of memory`, want: "64Mi or 1Gi" };
    },
  },
  {
    // google/run/v2/k8s.min.proto: `EmptyDirVolumeSource.size_limit`
    code: "MR1325",
    severity: "warning",
    fault: ({ volumes, machine: { memory } }) => {
      const sizes = ofKind(volumes, "memory").map(([, { size }]) => (size === undefined ? 0 : (mebibytes(size) ?? 0)));
      const all = mebibytes(memory) ?? Infinity;
      const sum = sizes.reduce((total, size) => total + size, 0);
      return sum >= all && { problem: `${sum}Mi of files in memory leave nothing of the ${memory} to the process` };
    },
  },
  {
    code: "MR1309",
    fault: ({ volumes, machine: { cpu, memory } }) => {
      const mounted = volumes.filter(([, { kind }]) => kind === "bucket" || kind === "nfs");
      return (
        mounted.length > 0 &&
        (cpu < 1 || (mebibytes(memory) ?? 512) < 512) && {
          problem: `an instance with ${cpu} vCPUs and ${memory} cannot mount ${mounted.map(([path]) => path).join(", ")}`,
          got: `${cpu} vCPUs, ${memory}`,
          want: "1 vCPU, 512Mi",
        }
      );
    },
  },
  {
    code: "MR1326",
    severity: "warning",
    fault: ({ volumes, hasVpc }) =>
      !hasVpc && ofKind(volumes, "nfs").length > 0 && { problem: "an NFS server is mounted, and no vpc leads to it" },
  },
];
