import type { Attributes } from "../../../../local/plan/values";
import { checkConfig } from "../../../../local/provider/planner/check";
import { complete } from "../../../../local/provider/planner/settle";
import { googleSchema } from "../../../../local/provider/schema/google";
import { typeOfBlock } from "../../../../local/provider/schema/schema";
import { fromJson } from "../../../../local/provider/values/convert";
import { type ObjectValue, UNKNOWN } from "../../../../local/provider/values/value";

const schema = googleSchema();

function check(type: string, json: Attributes, unknown: ObjectValue = {}) {
  const { block } = schema.resource(type)!;
  const config = { ...complete(block, fromJson(json, typeOfBlock(block)) as ObjectValue), ...unknown };
  return checkConfig(block, config).map(({ summary, detail, path = [] }) => [
    path.join("."),
    `${summary} ${detail}`.trim(),
  ]);
}

describe("a configuration that Terraform takes and the provider refuses", () => {
  it.each<[string, string, Attributes, readonly [string, string][]]>([
    [
      "an attribute that is computed",
      "google_service_account",
      { account_id: "order-push", email: "x@y.z" },
      [["email", `Value for unconfigurable attribute Can't configure a value for "email"`]],
    ],
    [
      "a value that is not among the allowed ones, in a nested block",
      "google_cloud_run_v2_service",
      { name: "n", location: "l", template: [{ vpc_access: [{ egress: "SOME" }] }] },
      [
        [
          "template.0.vpc_access.0.egress",
          'expected egress to be one of ["ALL_TRAFFIC" "PRIVATE_RANGES_ONLY"], got SOME',
        ],
      ],
    ],
    [
      "a value against its pattern",
      "google_cloud_run_v2_service",
      { name: "n", location: "l", template: [{ timeout: "5m" }] },
      [["template.0.timeout", '"timeout" ("5m") doesn\'t match regexp']],
    ],
    [
      "blocks that exclude each other",
      "google_pubsub_subscription",
      { name: "s", topic: "t", push_config: [{ push_endpoint: "u" }], bigquery_config: [{ table: "t" }] },
      [
        ["bigquery_config", 'Conflicting configuration arguments "bigquery_config": conflicts with push_config'],
        ["push_config", 'Conflicting configuration arguments "push_config": conflicts with bigquery_config'],
      ],
    ],
    [
      "two of what there must be one of",
      "google_storage_bucket_object",
      { name: "o", bucket: "b", content: "x", source: "y" },
      [
        [
          "content",
          "Invalid combination of arguments only one of `content`,`source` can be specified, but `content`,`source` were specified.",
        ],
      ],
    ],
    [
      "none of what there must be one of",
      "google_storage_bucket_object",
      { name: "o", bucket: "b" },
      [["content", "Invalid combination of arguments one of `content`,`source` must be specified"]],
    ],
    [
      "nothing in a block that must have something",
      "google_storage_bucket",
      { name: "b", location: "EU", website: [{}] },
      [
        [
          "website.0.main_page_suffix",
          "Missing required argument one of `website.main_page_suffix`,`website.not_found_page` must be specified",
        ],
      ],
    ],
    [
      "an argument without the one it needs",
      "google_storage_bucket",
      { name: "b", location: "EU", ip_filter: [{ mode: "Enabled", allow_cross_org_vpcs: true }] },
      [
        [
          "ip_filter.0.allow_cross_org_vpcs",
          "Missing required argument all of `ip_filter.allow_cross_org_vpcs`,`ip_filter.vpc_network_sources` must be specified",
        ],
      ],
    ],
    [
      "a text that is too long",
      "google_service_account",
      { account_id: "order-push", description: "é".repeat(129) },
      [["description", "expected length of description to be in the range (0 - 256), got é"]],
    ],
    [
      "a number out of its range",
      "google_storage_bucket",
      { name: "b", location: "EU", retention_policy: [{ retention_period: 0 }] },
      [["retention_policy.0.retention_period", "expected retention_period to be in the range (1 - 2147483647), got 0"]],
    ],
    [
      "a number below the least",
      "google_bigquery_dataset",
      { dataset_id: "d", default_table_expiration_ms: 1 },
      [["default_table_expiration_ms", "expected default_table_expiration_ms to be at least (3600000), got 1"]],
    ],
    [
      "a header that is Google's own",
      "google_cloud_scheduler_job",
      { name: "j", http_target: [{ uri: "https://x.example", headers: { "X-Google-Foo": "1", Accept: "*" } }] },
      [["http_target.0.headers", "cannot set the X-Google-Foo header on headers"]],
    ],
    [
      "a service that is no domain",
      "google_project_service",
      { service: "run" },
      [["service", "expected run to be a domain like serviceusage.googleapis.com"]],
    ],
    [
      "a document that is no JSON",
      "google_monitoring_dashboard",
      { dashboard_json: "{" },
      [["dashboard_json", '"dashboard_json" contains an invalid JSON']],
    ],
    [
      "data in no base64",
      "google_cloud_scheduler_job",
      { name: "j", pubsub_target: [{ topic_name: "t", data: "no base64!" }] },
      [["pubsub_target.0.data", 'could not decode "data" as a valid base64 value']],
    ],
  ])("is one with %s", (_what, type, config, expected) => {
    const found = check(type, config);
    expect(found.map(([path]) => path)).toEqual(expected.map(([path]) => path));
    found.forEach(([, text], i) => expect(text).toContain(expected[i]![1]));
  });

  it("is not one whose values are not known yet", () => {
    const object = { name: "o", bucket: "b" };
    expect(check("google_storage_bucket_object", object, { content: UNKNOWN })).toEqual([]);
    expect(check("google_pubsub_schema", { name: "s" }, { type: UNKNOWN })).toEqual([]);
  });

  it("is not one that says an enumeration's empty value, which is none", () => {
    expect(check("google_pubsub_topic", { name: "t", schema_settings: [{ schema: "s", encoding: "" }] })).toEqual([]);
  });

  it("is told all at once", () => {
    const config = {
      name: "t",
      effective_labels: { a: "b" },
      terraform_labels: {},
      schema_settings: [{ schema: "s", encoding: "X" }],
    };
    expect(check("google_pubsub_topic", config)).toHaveLength(3);
  });

  it("may be no more than advised against", () => {
    const { block } = schema.resource("google_storage_bucket_object")!;
    const json = { name: "o", bucket: "b", content: "x", detect_md5hash: "y" };
    const found = checkConfig(block, complete(block, fromJson(json, typeOfBlock(block)) as ObjectValue));
    expect(found).toMatchObject([{ severity: "warning", path: ["detect_md5hash"] }]);
  });
});
