import type { Json } from "../../contract/json";
import { valueAt } from "./references";

/** A block of a plan: its arguments by Terraform's names. */
export type Attributes = Readonly<Record<string, Json>>;

/** A resource or data source as Terraform will read it. */
export interface PlannedResource {
  /** Id of its stack. */
  readonly stack: string;
  /** `google_pubsub_topic.Orders_1A2B`; a data source's begins with `data.` */
  readonly address: string;
  readonly type: string;
  readonly name: string;
  /** Path of the construct that made it, if the plan says so: `orders-dev/Orders/Resource`. */
  readonly path: string | undefined;
  readonly attributes: Attributes;
  /** The value at `dead_letter_policy.max_delivery_attempts`; undefined when there is none. */
  get(path: string): Json | undefined;
  /** The text by which others of its stack refer to one of its attributes. */
  ref(attribute: string): string;
}

/** The resources of a stack's JSON, or its data sources. */
export function resourcesOf(stack: string, json: Attributes, kind: "resource" | "data"): readonly PlannedResource[] {
  const byType = (json[kind] ?? {}) as Readonly<Record<string, Readonly<Record<string, Attributes>>>>;
  return Object.entries(byType)
    .flatMap(([type, byName]) =>
      Object.entries(byName).map(([name, { "//": comment, ...attributes }]): PlannedResource => {
        const address = `${kind === "data" ? "data." : ""}${type}.${name}`;
        const path = valueAt(comment, "metadata.path");
        return {
          stack,
          address,
          type,
          name,
          path: typeof path === "string" ? path : undefined,
          attributes,
          get: (at) => valueAt(attributes, at),
          ref: (attribute) => `\${${address}.${attribute}}`,
        };
      }),
    )
    .sort((a, b) => (a.address < b.address ? -1 : 1));
}
