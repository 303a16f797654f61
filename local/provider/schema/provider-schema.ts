import { type PackedSchema, unpackSchema } from "./format";
import type { Schema } from "./schema";

/** What one provider offers. */
export interface ProviderSchema {
  /** Full address, as a plan's `required_providers` resolves to: `registry.terraform.io/hashicorp/google`. */
  readonly source: string;
  readonly version: string;
  /** Its own configuration. */
  readonly provider: Schema;
  /** Names of all resource types. */
  readonly resources: readonly string[];
  readonly dataSources: readonly string[];
  readonly resource: (type: string) => Schema | undefined;
  readonly dataSource: (type: string) => Schema | undefined;
}

/** A provider of which only a few types are known, written by hand. */
export function smallSchema(
  source: string,
  version: string,
  provider: PackedSchema,
  packed: Readonly<Record<string, PackedSchema>>,
): ProviderSchema {
  const resources = new Map(Object.entries(packed).map(([type, schema]) => [type, unpackSchema(schema)]));
  return {
    source,
    version,
    provider: unpackSchema(provider),
    resources: [...resources.keys()],
    dataSources: [],
    resource: (type) => resources.get(type),
    dataSource: () => undefined,
  };
}
