import type { Attributes } from "../../../../local/plan/values";
import { planChange } from "../../../../local/provider/planner/plan";
import { complete, settle } from "../../../../local/provider/planner/settle";
import { type Settings, settingsOf } from "../../../../local/provider/planner/settings";
import { googleSchema } from "../../../../local/provider/schema/google";
import { typeOfBlock } from "../../../../local/provider/schema/schema";
import { fromJson } from "../../../../local/provider/values/convert";
import { type ObjectValue, UNKNOWN } from "../../../../local/provider/values/value";

const google = googleSchema();
const SETTINGS = settingsOf({ project: "demo", region: "europe-west1" });

interface Given {
  readonly type?: string;
  readonly config: Attributes;
  /** Over the configuration, for what JSON cannot say. */
  readonly unknown?: ObjectValue;
  readonly prior?: Attributes;
  readonly settings?: Settings;
}

function plan({ type = "google_pubsub_topic", config, unknown = {}, prior, settings = SETTINGS }: Given) {
  const schema = google.resource(type)!;
  const value = (json: Attributes) => complete(schema.block, fromJson(json, typeOfBlock(schema.block)) as ObjectValue);
  const change = planChange({
    type,
    schema,
    settings,
    prior: prior ? value(prior) : null,
    config: { ...value(config), ...unknown },
  });
  return { planned: change.planned!, replace: change.requiresReplace.map((path) => path.join(".")) };
}

const MANAGED = "goog-terraform-provisioned";

describe("labels in a plan", () => {
  const labels = (given: Given) => {
    const { terraform_labels, effective_labels } = plan(given).planned;
    return { terraform_labels, effective_labels };
  };
  const both = (value: unknown) => ({ terraform_labels: value, effective_labels: value });

  it("are the default ones, the attribution and the resource's own, which win", () => {
    const settings = settingsOf({ default_labels: { app: "shop", tier: "x" } });
    expect(labels({ config: { name: "t", labels: { tier: "y" } }, settings })).toEqual(
      both({ app: "shop", tier: "y", [MANAGED]: "true" }),
    );
  });

  it("carry no attribution when the provider is told so, or when a resource from before does not", () => {
    const off = settingsOf({ add_terraform_attribution_label: false });
    expect(labels({ config: { name: "t" }, settings: off })).toEqual(both({}));
    const prior = { name: "t", id: "i", terraform_labels: {}, effective_labels: {} };
    expect(labels({ config: { name: "t" }, prior })).toEqual(both({}));
    const proactive = settingsOf({ terraform_attribution_label_addition_strategy: "PROACTIVE" });
    expect(labels({ config: { name: "t" }, prior, settings: proactive })).toEqual(both({ [MANAGED]: "true" }));
  });

  it("keep what others have put there, and drop what Terraform has put there and no longer wants", () => {
    const prior = {
      name: "t",
      labels: { old: "1" },
      terraform_labels: { old: "1", [MANAGED]: "true" },
      effective_labels: { old: "1", [MANAGED]: "true", foreign: "2" },
    };
    expect(labels({ config: { name: "t", labels: { new: "3" } }, prior })).toEqual({
      terraform_labels: { new: "3", [MANAGED]: "true" },
      effective_labels: { new: "3", [MANAGED]: "true", foreign: "2" },
    });
  });

  it("are unknown as soon as one of them is", () => {
    const own: ObjectValue = { labels: { a: UNKNOWN } };
    expect(labels({ config: { name: "t" }, unknown: own })).toEqual(both(UNKNOWN));
    expect(labels({ config: { name: "t" }, settings: settingsOf({ default_labels: UNKNOWN }) })).toEqual(both(UNKNOWN));
  });

  it("follow annotations in the same way", () => {
    const type = "google_cloud_run_v2_service";
    const prior = { annotations: { a: "1" }, effective_annotations: { a: "1", "run.googleapis.com/x": "2" } };
    const config = { name: "n", location: "l", annotations: { b: "3" } };
    expect(plan({ type, config, prior }).planned["effective_annotations"]).toEqual({
      b: "3",
      "run.googleapis.com/x": "2",
    });
    const unknown: ObjectValue = { annotations: { b: UNKNOWN } };
    expect(plan({ type, config, unknown }).planned["effective_annotations"]).toBe(UNKNOWN);
  });
});

describe("project and region in a plan", () => {
  it("are the provider's, unless the resource has its own", () => {
    expect(plan({ config: { name: "t" } }).planned["project"]).toBe("demo");
    expect(plan({ config: { name: "t", project: "own" } }).planned["project"]).toBe("own");
    expect(plan({ config: { name: "t" }, settings: settingsOf({ project: UNKNOWN }) }).planned["project"]).toBe(
      UNKNOWN,
    );
    expect(plan({ config: { name: "t" }, settings: settingsOf({}) }).planned["project"]).toBe(UNKNOWN);
  });

  it("replace the resource when the provider's change", () => {
    const moved = settingsOf({ project: "elsewhere" });
    expect(plan({ config: { name: "t" }, prior: { name: "t", project: "demo" }, settings: moved }).replace).toEqual([
      "project",
    ]);
  });

  it("of a grant are told by Google", () => {
    const config = { topic: "t", role: "r", member: "m" };
    expect(plan({ type: "google_pubsub_topic_iam_member", config }).planned["project"]).toBe(UNKNOWN);
  });
});

describe("nested blocks in a plan", () => {
  const run = "google_cloud_run_v2_service";
  const service = (...containers: Attributes[]) => ({ name: "n", location: "l", template: [{ containers }] });

  it("continue a list by position; what Google says of a new element is unknown", () => {
    const prior = service({ image: "a", name: "one", resources: [{ limits: { cpu: "1" } }] });
    const config = service({ image: "b", name: "one" }, { image: "c", name: "two" });
    const [template] = plan({ type: run, config, prior }).planned["template"] as readonly ObjectValue[];
    expect(template!["containers"]).toMatchObject([
      { image: "b", resources: [{ limits: { cpu: "1" } }] },
      { image: "c", resources: UNKNOWN },
    ]);
  });

  it("continue a set whatever its order", () => {
    const type = "google_eventarc_trigger";
    const [a, b] = [
      { attribute: "type", value: "a" },
      { attribute: "bucket", value: "b" },
    ];
    const trigger = { name: "t", location: "l", destination: [{ workflow: "w" }] };
    const prior = {
      ...trigger,
      project: "demo",
      matching_criteria: [
        { ...a, operator: "" },
        { ...b, operator: "" },
      ],
    };
    const config = (...criteria: Attributes[]) => ({ ...trigger, matching_criteria: criteria });
    expect(plan({ type, config: config({ ...b, operator: "" }, { ...a, operator: "" }), prior }).replace).toEqual([]);
    expect(plan({ type, config: config({ ...a, value: "z" }, b), prior }).replace).toEqual(["matching_criteria"]);
  });

  it("are unknown as a whole behind a dynamic block over what is not known", () => {
    const type = "google_secret_manager_secret";
    const config = { secret_id: "s" };
    const replicas: readonly ObjectValue[] = [{ user_managed: UNKNOWN, auto: [] }];
    const { planned, replace } = plan({
      type,
      config,
      unknown: { replication: replicas },
      prior: { ...config, project: "demo", replication: [{ user_managed: [{ replicas: [{ location: "a" }] }] }] },
    });
    expect(planned["replication"]).toEqual([{ auto: [], user_managed: UNKNOWN }]);
    expect(replace).toEqual(["replication.0.user_managed"]);
  });

  it("that the configuration leaves to Google stay as Google has filled them", () => {
    const type = "google_pubsub_subscription";
    const config = { name: "s", topic: "t" };
    expect(plan({ type, config }).planned["expiration_policy"]).toBe(UNKNOWN);
    const prior = { ...config, expiration_policy: [{ ttl: "2678400s" }] };
    expect(plan({ type, config, prior }).planned["expiration_policy"]).toEqual([{ ttl: "2678400s" }]);
  });
});

describe("what replaces a resource", () => {
  it("counts an argument that is not known yet as changed", () => {
    expect(plan({ config: {}, unknown: { name: UNKNOWN }, prior: { name: "t", project: "demo" } }).replace).toEqual([
      "name",
    ]);
  });

  it("is nothing when the resource is new or is destroyed", () => {
    expect(plan({ config: { name: "t" } }).replace).toEqual([]);
    const schema = google.resource("google_pubsub_topic")!;
    const gone = planChange({
      type: "google_pubsub_topic",
      schema,
      settings: SETTINGS,
      prior: { name: "t" },
      config: null,
    });
    expect(gone).toEqual({ planned: null, requiresReplace: [] });
  });

  it("includes a block that comes or goes", () => {
    const type = "google_storage_bucket";
    const base = { name: "b", location: "EU", project: "demo" };
    const block = { hierarchical_namespace: [{ enabled: true }] };
    expect(plan({ type, config: { ...base, ...block }, prior: base }).replace).toEqual(["hierarchical_namespace"]);
    expect(plan({ type, config: base, prior: { ...base, ...block } }).replace).toEqual(["hierarchical_namespace"]);
  });
});

describe("what is written only", () => {
  it("is in no plan", () => {
    const config = { secret: "s", secret_data_wo: "hush", secret_data_wo_version: 1 };
    const { planned } = plan({ type: "google_secret_manager_secret_version", config });
    expect(planned["secret_data_wo"]).toBeNull();
  });
});

describe("what a resource is once it exists", () => {
  const { block } = google.resource("google_cloudfunctions2_function")!;
  const planned = plan({
    type: "google_cloudfunctions2_function",
    config: { name: "f", location: "l", service_config: [{ timeout_seconds: 5 }] },
  }).planned;

  it("is what was planned, with what the engine says, into blocks too", () => {
    const service_config = { uri: "https://f", timeout_seconds: 99 };
    const state = settle(block, planned, { id: "i", service_config }, () => null);
    expect(state).toMatchObject({ id: "i", name: "f", url: null });
    expect(state["service_config"]).toMatchObject([{ uri: "https://f", timeout_seconds: 5, service: null }]);
  });

  it("takes a block that was left to Google from the engine, written once or as a list", () => {
    const topic = google.resource("google_pubsub_topic")!.block;
    const { planned } = plan({ config: { name: "t" } });
    const policy = { allowed_persistence_regions: ["europe-west1"] };
    for (const given of [policy, [policy]])
      expect(
        settle(topic, planned, { message_storage_policy: given }, () => null)["message_storage_policy"],
      ).toMatchObject([policy]);
    expect(settle(topic, planned, {}, () => null)["message_storage_policy"]).toEqual([]);
  });

  it("is refused when the engine says something of another type", () => {
    expect(() => settle(block, planned, { id: 5 }, () => null)).toThrow("a string is wanted");
  });
});
