import { type ITerraformDependable, Lazy } from "cdktf";
import { Construct } from "constructs";
import { addIssue, isKnown, MillraceStack } from "../core";
import { claimName } from "../core/names";
import { ProjectIamAuditConfig } from "../l1/logging";

/** A log that holds audited calls. https://cloud.google.com/logging/docs/audit#types */
export type AuditLogName =
  /** Changes of resources; always written. */
  | "admin-activity"
  /** What Google did to resources by itself; always written. */
  | "system-event"
  /** Reads of what resources are like; written on demand. */
  | "admin-read"
  /** Reads of what is stored; written on demand, often large. */
  | "data-read"
  /** Writes of what is stored; written on demand. */
  | "data-write";

const LOG_TYPES: Partial<Record<AuditLogName, string>> = {
  "admin-read": "ADMIN_READ",
  "data-read": "DATA_READ",
  "data-write": "DATA_WRITE",
};

/** Google writes all logs of BigQuery, and they cannot be turned off. https://cloud.google.com/logging/docs/audit/configure-data-access */
const ALWAYS_WRITTEN: readonly string[] = ["bigquery.googleapis.com"];

/** Logs of methods that people listen to. Others must be named with their log. */
const KNOWN_METHODS: Readonly<Record<string, Readonly<Record<string, AuditLogName>>>> = {
  // https://cloud.google.com/storage/docs/audit-logging#audited_operations
  "storage.googleapis.com": {
    "storage.objects.create": "data-write",
    "storage.objects.delete": "data-write",
    "storage.objects.update": "data-write",
    "storage.objects.get": "data-read",
    "storage.objects.list": "data-read",
    "storage.buckets.create": "admin-activity",
    "storage.buckets.delete": "admin-activity",
    "storage.buckets.update": "admin-activity",
    "storage.setIamPermissions": "admin-activity",
  },
  // https://cloud.google.com/pubsub/docs/audit-logging
  "pubsub.googleapis.com": {
    "google.pubsub.v1.Publisher.CreateTopic": "admin-activity",
    "google.pubsub.v1.Publisher.DeleteTopic": "admin-activity",
    "google.pubsub.v1.Subscriber.CreateSubscription": "admin-activity",
    "google.pubsub.v1.Subscriber.DeleteSubscription": "admin-activity",
  },
  // https://cloud.google.com/secret-manager/docs/audit-logging
  "secretmanager.googleapis.com": {
    "google.cloud.secretmanager.v1.SecretManagerService.AccessSecretVersion": "data-read",
    "google.cloud.secretmanager.v1.SecretManagerService.AddSecretVersion": "admin-activity",
    "google.cloud.secretmanager.v1.SecretManagerService.CreateSecret": "admin-activity",
  },
};

/** Calls of a Google API as the audit logs know them. */
export interface AuditedCalls {
  /** The API: `storage.googleapis.com`. */
  readonly service: string;
  /** The method: `storage.objects.create`. */
  readonly method: string;
  /** The log that holds the method's calls. @default known for common methods; others must be given theirs */
  readonly log?: AuditLogName;
  /**
   * Writes the log where Google does so on demand only; `false` when somebody else turns it on: an organization, or
   * another stack of the project.
   * @default true
   */
  readonly enableLog?: boolean;
}

/**
 * Turns on the log that calls are written to. One setting serves all who ask in a stack, since it says for its service
 * everything that is written in the project: two settings of one service would undo each other.
 * @returns what must exist before calls are logged; nothing where Google logs them anyway
 */
export function enableAuditLog(construct: Construct, calls: AuditedCalls): readonly ITerraformDependable[] {
  const { service, method } = calls;
  if (ALWAYS_WRITTEN.includes(service) || calls.enableLog === false || !isKnown(service)) return [];
  const log = calls.log ?? KNOWN_METHODS[service]?.[method];
  if (log === undefined) {
    addIssue(construct, "MR1654", {
      problem: `which audit log holds calls of ${method} of ${service} is not known here, so nobody can say whether it is written`,
      got: method,
    });
    return [];
  }
  const type = LOG_TYPES[log];
  return type === undefined ? [] : [AuditLogs.of(construct, service).write(type)];
}

/** What is written of the calls of one service. */
class AuditLogs extends Construct {
  static of(construct: Construct, service: string): AuditLogs {
    const stack = MillraceStack.of(construct);
    const all = stack.node.tryFindChild("AuditLogs") ?? new Construct(stack, "AuditLogs");
    const id = service.replace(".googleapis.com", "");
    return (all.node.tryFindChild(id) as AuditLogs | undefined) ?? new AuditLogs(all, id, service);
  }

  private readonly types = new Set<string>();
  private readonly resource: ProjectIamAuditConfig;

  private constructor(scope: Construct, id: string, service: string) {
    super(scope, id);
    claimName(this, "audit configuration", service, SHARE);
    this.resource = new ProjectIamAuditConfig(this, "Resource", {
      project: MillraceStack.of(this).context.projectId,
      service,
      // In Terraform's words: it is resolved when everybody has asked.
      auditLogConfig: Lazy.anyValue({ produce: () => [...this.types].sort().map((log_type) => ({ log_type })) }),
    });
  }

  write(type: string): ITerraformDependable {
    this.types.add(type);
    return this.resource;
  }
}

const SHARE = "let one of the stacks turn the log on, and give the others `enableLog: false`";
