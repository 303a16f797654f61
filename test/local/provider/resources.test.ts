import type { Json } from "../../../contract/json";
import { createResources } from "../../../local/provider/resources";
import { providerSchemas, valueTypes } from "../../../local/provider/schema/all";
import { Decimal, type ObjectValue } from "../../../local/provider/values/value";

const typeOf = valueTypes(providerSchemas());
const object: ObjectValue = { name: "o", generation: new Decimal("1152921504606846977"), metadata: { a: "b" } };

describe("resources that exist", () => {
  it("are the same after a restart, from every entry or from the fewest", () => {
    const entries: Json[] = [];
    const journal = { append: (_: string, entry: Json) => void entries.push(entry), flush: async () => {} };
    const first = createResources({ journal, typeOf });
    first.nextNumber();
    first.put({ type: "google_storage_bucket_object", id: "b-o", values: object });
    first.put({ type: "google_pubsub_topic", id: "t", values: { name: "t" } });
    first.put({ type: "google_pubsub_topic", id: "t", values: { name: "t", labels: { a: "b" } } });
    first.put({ type: "google_pubsub_topic", id: "gone", values: { name: "gone" } });
    first.remove("google_pubsub_topic", "gone");
    first.remove("google_pubsub_topic", "never there");

    for (const written of [entries, [...first.compact()]]) {
      const again = createResources({ typeOf });
      // As a journal file has it: through text.
      for (const entry of JSON.parse(JSON.stringify(written)) as Json[]) again.replay(entry);
      expect(again.list().map(({ type, id }) => [type, id])).toEqual([
        ["google_storage_bucket_object", "b-o"],
        ["google_pubsub_topic", "t"],
      ]);
      expect(again.get("google_storage_bucket_object", "b-o")!.values).toMatchObject(object);
      expect(again.get("google_pubsub_topic", "t")!.values["labels"]).toEqual({ a: "b" });
      expect(again.nextNumber()).toBe(2);
    }
    expect(entries).toHaveLength(6);
    expect([...first.compact()]).toHaveLength(3);
  });

  it("of a type that there is not any more are forgotten", () => {
    const resources = createResources({ typeOf: () => undefined });
    resources.replay({ put: ["google_gone", "i", {}] });
    expect(resources.list()).toEqual([]);
  });
});
