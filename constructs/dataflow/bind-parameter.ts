import { type Grant, type IGrantee, isKnown } from "../core";
import type { BucketPath, ParameterKind, ParameterValue, ParameterValues } from "./parameter";

/**
 * A parameter as Dataflow wants it, and what the worker must be given for it. The text holds no references: Terraform
 * waits for what it names because the job waits for the grants.
 */
export interface BoundParameter {
  readonly text: string;
  readonly grants: readonly Grant[];
}

/** One kind of parameter: how a construct is written and granted, and what a text must look like. */
interface KindEntry<Kind extends ParameterKind> {
  /** Whether a value other than a text is of this kind. */
  readonly is: (value: ParameterValue) => boolean;
  readonly bind: (value: Exclude<ParameterValues[Kind], string>, worker: IGrantee) => BoundParameter;
  /** What a text must match, with an example. @default anything */
  readonly pattern?: readonly [RegExp, example: string];
}

const has = (value: ParameterValue, ...names: readonly string[]) =>
  typeof value === "object" && names.every((name) => name in value);

const pathOf = ({ bucket, path }: BucketPath) => `gs://${bucket.name}/${path}`;
const granted = (text: string, ...grants: readonly Grant[]): BoundParameter => ({ text, grants });

/** `project.dataset.table` as Dataflow writes it. Pub/Sub writes the same table with a dot. */
const withColon = (table: string) => table.replace(/^(.+)\.([^.]+)\.([^.]+)$/, "$1:$2.$3");

const FULL_TOPIC = [/^projects\/[^/]+\/topics\/[^/]+$/, "projects/my-project/topics/orders"] as const;

const KINDS: { readonly [Kind in ParameterKind]: KindEntry<Kind> } = {
  subscription: {
    is: (value) => has(value, "grantConsume"),
    bind: (subscription, worker) =>
      granted(
        subscription.name,
        subscription.grantConsume(worker, { reason: "reads its input" }),
        subscription.grantDescribe(worker),
      ),
    pattern: [/^projects\/[^/]+\/subscriptions\/[^/]+$/, "projects/my-project/subscriptions/orders"],
  },
  // The job makes a subscription to it, which no role on a topic allows: see MR1755.
  "input-topic": { is: (value) => has(value, "grantPublish"), bind: ({ name }) => granted(name), pattern: FULL_TOPIC },
  topic: {
    is: (value) => has(value, "grantPublish"),
    bind: (topic, worker) => granted(topic.name, topic.grantPublish(worker)),
    pattern: FULL_TOPIC,
  },
  table: {
    is: (value) => has(value, "grantWrite", "grantDescribe", "name"),
    bind: (table, worker) => granted(withColon(table.name), table.grantWrite(worker)),
    pattern: [/^[^/]+:[^.:]+\.[^.:]+$/, "my-project:orders.lines"],
  },
  dataset: {
    is: (value) => has(value, "datasetId"),
    bind: (dataset, worker) => granted(dataset.datasetId, dataset.grantWrite(worker)),
  },
  objects: {
    is: (value) => has(value, "bucket", "path"),
    bind: (path, worker) => granted(pathOf(path), path.bucket.grantRead(worker)),
    pattern: [/^gs:\/\/[^/]+\/.+$/, "gs://my-bucket/udf/clean.js"],
  },
  folder: {
    is: (value) => has(value, "bucket", "path"),
    bind: (path, worker) => granted(pathOf(path), path.bucket.grantWrite(worker)),
    pattern: [/^gs:\/\/[^/]+\/(.*\/)?$/, "gs://my-bucket/orders/"],
  },
  secret: {
    is: (value) => has(value, "secret", "version"),
    bind: ({ secret, version }, worker) =>
      granted(
        `projects/${secret.projectId}/secrets/${secret.secretId}/versions/${version}`,
        secret.grantRead(worker, { reason: "reads a credential" }),
      ),
    pattern: [/^projects\/[^/]+\/secrets\/[^/]+\/versions\/[^/]+$/, "projects/my-project/secrets/token/versions/1"],
  },
  text: { is: () => false, bind: (value) => granted(value) },
  count: {
    is: (value) => Number.isInteger(value) && (value as number) >= 0,
    bind: (value) => granted(String(value)),
    pattern: [/^\d+$/, "8"],
  },
  flag: {
    is: (value) => typeof value === "boolean",
    bind: (value) => granted(String(value)),
    pattern: [/^(true|false)$/, "true"],
  },
};

/** The kinds a parameter of an unknown template can have, most telling first; a folder ends in a slash. */
const GUESSES: readonly ParameterKind[] = ["subscription", "topic", "dataset", "table", "secret", "count", "flag"];

/** What a value given for an unknown template's parameter stands for. */
export function kindOf(value: ParameterValue): ParameterKind | undefined {
  if (typeof value === "string") return "text";
  if (KINDS.objects.is(value)) return (value as BucketPath).path.endsWith("/") ? "folder" : "objects";
  return GUESSES.find((kind) => KINDS[kind].is(value));
}

/** What is wrong with a value for a parameter; nothing when it will do, or is not known at synth. */
export function faultOf(kind: ParameterKind, value: ParameterValue): { readonly want: string } | undefined {
  const { is, pattern } = KINDS[kind];
  const [expression, want = "a text"] = pattern ?? [];
  if (typeof value !== "string") {
    if (!is(value)) return { want };
    const slashed = kind === "folder" && !(value as BucketPath).path.endsWith("/");
    return slashed ? { want: "a path that ends in a slash" } : undefined;
  }
  return expression && isKnown(value) && !expression.test(value) ? { want } : undefined;
}

/** Writes a value and gives the worker what it needs for it. */
export function bindParameter(kind: ParameterKind, value: ParameterValue, worker: IGrantee): BoundParameter {
  if (typeof value === "string") return granted(value);
  return (KINDS[kind] as KindEntry<ParameterKind>).bind(value, worker);
}
