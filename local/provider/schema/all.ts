import type { Type } from "../values/value";
import { googleSchema } from "./google";
import type { ProviderSchema } from "./provider-schema";
import { typeOfBlock } from "./schema";
import { googleBetaSchema, timeSchema } from "./small";

let read: readonly ProviderSchema[] | undefined;

/** Every provider that is answered for. It takes a moment to read, and never changes: each process reads it once. */
export const providerSchemas = (): readonly ProviderSchema[] =>
  (read ??= [googleSchema(), googleBetaSchema(), timeSchema()]);

/** The type of a resource's value, by the name of the resource type. */
export const valueTypes =
  (schemas: readonly ProviderSchema[]) =>
  (resourceType: string): Type | undefined => {
    const found = schemas.map((schema) => schema.resource(resourceType)).find(Boolean);
    return found && typeOfBlock(found.block);
  };
