import type { ITerraformDependable } from "cdktf";
import type { Construct } from "constructs";
import { type AnyContract, check, isKnown, type IServiceAccount, MillraceStack, type Rule } from "../core";
import { Archives, archiveOf, type HandlerCode } from "../packaging/archives";
import type { HandlerKind, TransportName } from "../packaging/wrapper";
import { baseImage, checkRuntime, DEFAULT_RUNTIME, type RuntimeName } from "./runtimes";
import { type Machine, mebibytes } from "./size";

/** Code that is a handler: it runs on Google's image of Node.js, without a build. */
export interface CodeOfHandler extends HandlerCode {
  readonly contract: AnyContract;
  /** Version of Node.js. @default "nodejs22" */
  readonly runtime?: RuntimeName;
  readonly image?: undefined;
  readonly imageManagedBy?: "terraform";
}

/** Code in an image that somebody else builds. */
export interface CodeOfImage {
  /** Image by digest, `…@sha256:…`; any image where `imageManagedBy` is "ci", as it is the first one alone. */
  readonly image: string;
  /**
   * Who says which image runs. `"ci"`: Terraform makes the resource with `image` and never looks at it again, so that
   * what a pipeline deploys stays. @default "terraform"
   */
  readonly imageManagedBy?: "terraform" | "ci";
  /** Replaces the image's entry point. @default the image's */
  readonly command?: readonly string[];
  /** Arguments of the entry point. @default the image's */
  readonly args?: readonly string[];
  /** Directory that the entry point starts in. @default the image's */
  readonly workingDirectory?: string;
  /** Handler inside the image: what the local engine runs in its place. Needs `contract`. @default none */
  readonly entry?: string;
  /** Senders that the handler inside the image understands. @default none */
  readonly transports?: readonly TransportName[];
}

/** What a container runs, and what that needs. */
export interface ResolvedCode {
  readonly image: string;
  readonly command?: string[];
  readonly args?: string[];
  readonly workingDirectory?: string;
  /** Bucket that is mounted. */
  readonly bucket?: string;
  /** `gs://bucket/object` of the archive that the local engine runs. */
  readonly source?: string;
  readonly dependsOn: readonly ITerraformDependable[];
}

/** Where the bucket of archives appears in the container. */
const MOUNT = "/millrace";
const VOLUME = "code";

/** Annotation of what has no field for the place of its source: where the local engine finds the archive to run. */
export const SOURCE_ANNOTATION = "millrace.dev/source";

/**
 * What the container runs. `build_config` builds nothing when Terraform sends it: it only records where the source is
 * (docs/traps.md). So a handler's bundle is mounted from the bucket of archives and run on Google's image of Node.js;
 * its object's name holds its hash, and a change of code is a change of the template: a new revision.
 */
export function resolveCode(
  construct: Construct,
  kind: HandlerKind,
  props: CodeOfHandler | (CodeOfImage & { readonly contract?: AnyContract }),
  machine: Machine,
  identity: IServiceAccount,
): ResolvedCode {
  check(construct, { image: props.image, imageManagedBy: props.imageManagedBy, ...machine }, RULES);
  const archives = props.entry === undefined ? undefined : Archives.of(construct);
  const archive = archives && archiveOf(construct, kind, props as HandlerCode);
  const zip =
    archive &&
    archives.add(construct, "Archive", { name: `${archive.name}.zip`, bytes: archive.bytes, type: "application/zip" });
  const source = zip && `gs://${archives.bucket.reference}/${zip.reference}`;
  if (props.image !== undefined || !archive) return { ...ofImage(props as CodeOfImage), source, dependsOn: [] };
  const runtime = props.runtime ?? DEFAULT_RUNTIME;
  checkRuntime(construct, runtime);
  // At the root of the bucket and CommonJS by its name: no folder or package.json has to be there.
  const name = `${archive.name}.cjs`;
  const bundle = archives.add(construct, "Bundle", { name, bytes: archive.code, type: "text/javascript" });
  const { resource } = archives.bucket.grantRead(identity, { reason: "mounts its code" });
  const { region } = MillraceStack.of(construct).context;
  return {
    source,
    image: baseImage(runtime, region),
    command: ["node"],
    args: [`${MOUNT}/${bundle.reference}`],
    bucket: archives.bucket.reference,
    dependsOn: [resource],
  };
}

const ofImage = ({ image, command, args, workingDirectory }: CodeOfImage) => ({
  image,
  command: command && [...command],
  args: args && [...args],
  workingDirectory,
});

/**
 * What of a container Terraform must not look at, because CI deploys it. Everything else stays Terraform's.
 * @param template path of the block that holds the containers
 */
export const leftToCi = ({ imageManagedBy }: CodeOfHandler | CodeOfImage, template: string): readonly string[] =>
  imageManagedBy === "ci" ? [`${template}.containers[0].image`, `${template}.revision`] : [];

/** The mount of a container's code, if it has one. */
export const codeMounts = ({ bucket }: ResolvedCode) =>
  bucket === undefined ? undefined : [{ name: VOLUME, mountPath: MOUNT }];

/** The volume that holds the code, if there is one. */
export const codeVolumes = ({ bucket }: ResolvedCode) =>
  bucket === undefined ? undefined : [{ name: VOLUME, gcs: { bucket, readOnly: true } }];

interface Checked extends Machine {
  readonly image: string | undefined;
  readonly imageManagedBy: "terraform" | "ci" | undefined;
}

const RULES: readonly Rule<Checked>[] = [
  {
    code: "MR1308",
    fault: ({ image, imageManagedBy }) =>
      image !== undefined &&
      imageManagedBy !== "ci" &&
      isKnown(image) &&
      !/@sha256:[0-9a-f]{64}$/.test(image) && {
        problem: `the image "${image}" is not named by a digest`,
        got: image,
        want: "…@sha256:…",
      },
  },
  {
    code: "MR1309",
    fault: ({ image, cpu, memory }) =>
      image === undefined &&
      (cpu < 1 || (mebibytes(memory) ?? 512) < 512) && {
        problem: `an instance with ${cpu} vCPUs and ${memory} cannot mount the handler's code`,
        got: `${cpu} vCPUs, ${memory}`,
        want: "1 vCPU, 512Mi",
      },
  },
];
