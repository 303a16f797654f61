import type { StandardSchemaV1 } from "@standard-schema/spec";

/** A Standard Schema of objects with an `id`, made by hand: the runtime must not depend on one library. */
export const WithId: StandardSchemaV1<{ id: string; n?: number }> = {
  "~standard": {
    version: 1,
    vendor: "test",
    validate: (value) =>
      typeof (value as { id?: unknown } | undefined)?.id === "string"
        ? { value: value as { id: string; n?: number } }
        : { issues: [{ message: "expected a string", path: ["id"] }] },
  },
};
