import type { Attributes } from "../../../local/plan/values";
import { googleBetaSchema } from "../../../local/provider/schema/small";
import type { Fixture } from "./fixture";
import { fixtures } from "./fixtures";

const beta = new Set(googleBetaSchema().resources);

/** Name of every resource of a document made of fixtures. */
export const NAME = "it";

export const addressOf = ({ type }: Fixture): string => `${type}.${NAME}`;

/** A document with a resource of every fixture, as far as it has a configuration. */
export function documentOf(
  configOf: (fixture: Fixture) => Attributes | undefined = ({ create }) => create,
): Attributes {
  const resources = fixtures.flatMap((fixture) => {
    const config = configOf(fixture);
    if (!config) return [];
    const resource: Attributes = { ...config, ...(beta.has(fixture.type) && { provider: "google-beta" }) };
    return [[fixture.type, { [NAME]: resource }] as const];
  });
  const settings = { project: "demo", region: "europe-west1", default_labels: { app: "shop" } };
  return {
    terraform: {
      required_providers: {
        google: { source: "google", version: "6.50.0" },
        "google-beta": { source: "google-beta", version: "6.50.0" },
      },
    },
    provider: { google: [settings], "google-beta": [settings] },
    resource: Object.fromEntries(resources),
  };
}
