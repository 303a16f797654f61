import type { Json } from "../../contract/json";
import type { PlannedResource } from "./resource";

/** Who may do what on which resource, as the plan grants it. */
export interface PlannedGrant {
  /** IAM's notation: `serviceAccount:orders-dev-shop@acme-dev.iam.gserviceaccount.com`. */
  readonly principal: string;
  readonly role: string;
  /** The resource, as far as it is known: `orders-dev-placed`; for a grant on the project `projects/acme-dev`. */
  readonly resource: string;
  /** Type of the granting resource without `google_` and `_iam_member`: `pubsub_topic`, `project`. */
  readonly on: string;
  /** Expression of the condition. */
  readonly condition?: string;
  /** Address of the granting resource. */
  readonly address: string;
}

const GRANT = /^google_(.+)_iam_(member|binding)$/;
/** Arguments that do not name what the grant is on. */
const BESIDE = new Set(["role", "member", "members", "condition", "project", "location", "region"]);
const META = new Set(["depends_on", "lifecycle", "provider", "count", "for_each", "provisioner", "connection"]);

/** Every grant among the resources, sorted. @param known what is known of a value: its references replaced */
export function grantsAmong(
  resources: readonly PlannedResource[],
  known: (value: Json | undefined) => string,
): readonly PlannedGrant[] {
  return resources
    .flatMap((resource) => {
      const kind = GRANT.exec(resource.type);
      if (!kind) return [];
      const { attributes, address } = resource;
      const named = Object.entries(attributes)
        .filter(([name]) => !BESIDE.has(name) && !META.has(name))
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([, value]) => known(value));
      const condition = resource.get("condition.expression");
      const members = kind[2] === "member" ? [attributes["member"]] : ((attributes["members"] ?? []) as Json[]);
      return members.map((member): PlannedGrant => ({
        principal: known(member),
        role: known(attributes["role"]),
        resource: named.join("/") || `projects/${known(attributes["project"])}`,
        on: kind[1]!,
        ...(condition !== undefined && { condition: known(condition) }),
        address,
      }));
    })
    .sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

const keyOf = ({ principal, role, resource, address }: PlannedGrant) => [principal, role, resource, address].join("\n");
