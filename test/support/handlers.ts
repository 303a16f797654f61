import { z } from "zod";
import { type Contract, type ContractSpec, defineContract } from "../../contract/contract";
import { handlerSource, project, RUNTIME_STAND_IN } from "./project";

/** A small contract; everything not said has its default. */
export const testContract = (spec: Partial<ContractSpec<z.ZodObject>> = {}): Contract =>
  defineContract({
    name: "charge",
    input: z.object({}),
    key: (_input, event) => event.id,
    effects: "at-least-once",
    ...spec,
  });

/** A folder with one handler per contract, `<name>.handler.ts`: the `handlersDir` of a test's stack. */
export const handlersOf = (...contracts: readonly Contract[]): string =>
  project({
    ...RUNTIME_STAND_IN,
    ...Object.fromEntries(
      contracts.map(({ manifest, hash }) => [`${manifest.name}.handler.ts`, handlerSource(manifest.name, hash)]),
    ),
  });
