import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { issue } from "../../plan/issues";
import type { Attributes } from "../../plan/values";
import { type Adapter, asContent, type Reader } from "./adapter";
import { storageAgent } from "../grants";
import { digits, labelled } from "./common";

const bucket: Adapter = {
  type: "google_storage_bucket",
  runs: true,
  honoured: ["name", "project", "location", "storage_class", "versioning", "force_destroy"],
  // Nothing grows old or public here, and everybody on this machine may read.
  inert: [
    "autoclass",
    "cors",
    "custom_placement_config",
    "default_event_based_hold",
    "enable_object_retention",
    "encryption",
    "hierarchical_namespace",
    "ip_filter",
    "labels",
    "lifecycle_rule",
    "logging",
    "public_access_prevention",
    "requester_pays",
    "retention_policy",
    "rpo",
    "soft_delete_policy",
    "timeouts",
    "uniform_bucket_level_access",
    "website",
  ],
  computed(read) {
    const name = read.required("name");
    return {
      project: read.project,
      id: name,
      url: `gs://${name}`,
      self_link: `https://www.googleapis.com/storage/v1/b/${name}`,
      project_number: Number(read.projectNumber),
      ...labelled(read),
    };
  },
  contribute(read, resource, draft) {
    const projectNumber = read.projectNumber;
    draft.buckets.push({
      resource,
      project: read.project,
      agent: storageAgent(projectNumber),
      config: {
        name: read.required("name"),
        location: read.required("location"),
        projectNumber,
        versioning: read.bool("versioning.enabled") ?? false,
        storageClass: read.text("storage_class") || "STANDARD",
      },
    });
  },
  contents: {
    leave: "force_destroy",
    refusal: "409, the bucket is not empty",
    of(read, { storage }, others) {
      const name = read.required("name");
      const planned = others.filter(({ type, attributes }) => type === object.type && attributes.bucket === name);
      const made = storage.buckets().some((one) => one.name === name)
        ? storage.list(name, { versions: true }).items
        : [];
      return [...planned.map((one) => asContent(one, "name")), ...made.map((one) => ({ name: one.name }))];
    },
  },
  // A client may delete an empty bucket, and not change one.
  observe: (read, { storage }) => (storage.buckets().some(({ name }) => name === read.required("name")) ? {} : "gone"),
};

/** Notifications of a bucket are numbered. */
const notification: Adapter = {
  type: "google_storage_notification",
  runs: true,
  honoured: ["bucket", "topic", "payload_format", "event_types", "object_name_prefix", "custom_attributes"],
  computed(read) {
    const bucket = read.required("bucket");
    const number = digits(`${read.resource.stack}/${read.resource.address}`, 4);
    const id = `${bucket}/notificationConfigs/${number}`;
    return { id, notification_id: number, self_link: `https://www.googleapis.com/storage/v1/b/${id}` };
  },
  contribute(read, resource, draft) {
    const topic = read.required("topic").replace(/^\/\/pubsub\.googleapis\.com\//, "");
    draft.notifications.push({
      resource,
      config: {
        name: `projects/_/buckets/${read.required("id")}`,
        bucket: read.required("bucket"),
        topic: topic.startsWith("projects/") ? topic : `projects/${read.project}/topics/${topic}`,
        eventTypes: read.texts("event_types"),
        prefix: read.text("object_name_prefix") ?? "",
        attributes: read.textMap("custom_attributes"),
        payload: read.text("payload_format") === "NONE" ? "NONE" : "JSON_API_V1",
        agent: storageAgent(read.projectNumber),
      },
    });
  },
};

/** The bytes an object is made of, or undefined after reporting that they are not there. */
function contentOf(read: Reader, path: string | undefined): Buffer | undefined {
  const content = read.text("content");
  if (content !== undefined) return Buffer.from(content, "utf8");
  if (path === undefined) {
    read.required("source");
    return undefined;
  }
  if (statSync(path, { throwIfNoEntry: false })?.isFile()) return readFileSync(path);
  const { stack, address } = read.resource;
  const problem = `its file is not there: ${path}; a workload made from it could not start`;
  read.report(issue("MR4018", `${stack}/${address}`, problem, "run `npm run synth` again: it writes the archives"));
  return undefined;
}

const sourcePath = (read: Reader): string | undefined => {
  const source = read.text("source");
  return source === undefined ? undefined : resolve(read.resource.directory, source);
};

const object: Adapter = {
  type: "google_storage_bucket_object",
  runs: true,
  honoured: ["name", "bucket", "source"],
  uploads: ["source"],
  inert: [
    "cache_control",
    "content",
    "content_disposition",
    "content_encoding",
    "content_language",
    "content_type",
    "customer_encryption",
    "deletion_policy",
    "detect_md5hash",
    "event_based_hold",
    "force_empty_content_type",
    "kms_key_name",
    "metadata",
    "retention",
    "source_md5hash",
    "storage_class",
    "temporary_hold",
    "timeouts",
  ],
  computed(read): Attributes {
    const [bucket, name] = [read.required("bucket"), read.required("name")];
    const bytes = contentOf(read, sourcePath(read));
    const md5 = createHash("md5").update(bytes ?? "");
    const hex = md5.digest("hex");
    const link = `https://www.googleapis.com/storage/v1/b/${bucket}/o/${encodeURIComponent(name)}`;
    return {
      id: `${bucket}-${name}`,
      output_name: name,
      self_link: link,
      media_link: `${link}?alt=media`,
      md5hash: Buffer.from(hex, "hex").toString("base64"),
      md5hexhash: hex,
      // A generation changes with the bytes, which is what resources that name one rely on.
      generation: Number.parseInt(hex.slice(0, 12), 16),
    };
  },
  contribute(read, _resource, draft) {
    const path = sourcePath(read);
    const name = `gs://${read.required("bucket")}/${read.required("name")}`;
    if (path !== undefined) draft.objects.set(name, { path, digest: read.required("md5hexhash") });
  },
};

export const storageAdapters: readonly Adapter[] = [bucket, notification, object];
