import type { ProviderSchema } from "../schema/provider-schema";
import type { Block, NestedBlock, Nesting, Schema } from "../schema/schema";

const NESTING: Readonly<Record<Nesting, number>> = { single: 1, list: 2, set: 3 };

/**
 * What a resource's schema version is greater by than the real provider's. Terraform writes the version into a state
 * beside each resource, and refuses a state that is ahead of its provider: nothing that was made here can be taken for
 * real, and a state that was made for real is behind, and is refused here.
 */
export const LOCAL_VERSIONS = 1_000_000;

const schemaMessage = ({ version, block }: Schema): object => ({ version, block: blockMessage(block) });

const blockMessage = ({ attributes, blocks }: Block): object => ({
  attributes: Object.entries(attributes).map(
    ([name, { type, required, optional, computed, sensitive, deprecated, writeOnly }]) => ({
      name,
      type: Buffer.from(JSON.stringify(type)),
      required,
      optional,
      computed,
      sensitive,
      deprecated,
      writeOnly,
    }),
  ),
  blockTypes: Object.entries(blocks).map(([typeName, nested]) => nestedMessage(typeName, nested)),
});

const nestedMessage = (typeName: string, { block, nesting, minItems, maxItems }: NestedBlock): object => ({
  typeName,
  block: blockMessage(block),
  nesting: NESTING[nesting],
  minItems,
  maxItems,
});

/**
 * The answer to GetSchema.
 * @param only names of the resource types and data sources that are asked for; undefined for all. Terraform spends a
 *   second on all of them and needs those of the configuration and the state. A name that there is not brings all, so
 *   that Terraform can say what was meant.
 */
export function schemaResponse(schema: ProviderSchema, only: ReadonlySet<string> | undefined): object {
  const known = (name: string) => schema.resource(name) !== undefined || schema.dataSource(name) !== undefined;
  const wanted = only && [...only].every(known) ? only : undefined;
  const messages = (names: readonly string[], read: (name: string) => Schema | undefined) =>
    Object.fromEntries(
      names.filter((name) => !wanted || wanted.has(name)).map((name) => [name, schemaMessage(read(name)!)]),
    );
  return {
    provider: schemaMessage(schema.provider),
    resourceSchemas: messages(schema.resources, (name) => {
      const found = schema.resource(name);
      return found && { ...found, version: found.version + LOCAL_VERSIONS };
    }),
    dataSourceSchemas: messages(schema.dataSources, schema.dataSource),
    serverCapabilities: { planDestroy: true, getProviderSchemaOptional: true },
  };
}
