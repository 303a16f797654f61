import { Bucket, BucketNotification, type BucketNotificationProps, grantsOf, Topic } from "../../../constructs";
import { plan, planOf, testStack } from "../../support/synth";

type Props = Partial<BucketNotificationProps>;

const notify = (stack: ReturnType<typeof testStack>, props: Props = {}) =>
  new BucketNotification(stack, "Uploaded", {
    bucket: new Bucket(stack, "Uploads"),
    topic: new Topic(stack, "Objects"),
    ...props,
  });

describe("a bucket's notification", () => {
  it("goes to a topic that Cloud Storage's agent may publish to, and waits for that right", () => {
    const stack = testStack();
    notify(stack);
    const { one, address } = planOf(stack);
    expect(one("google_storage_notification")).toMatchObject({
      bucket: `\${${address("google_storage_bucket")}.name}`,
      topic: `\${${address("google_pubsub_topic")}.id}`,
      payload_format: "JSON_API_V1",
      depends_on: [address("google_pubsub_topic_iam_member")],
    });
    expect(one("google_pubsub_topic_iam_member")["depends_on"]).toEqual([
      expect.stringMatching(/^data\.google_storage_project_service_account\./),
    ]);
    expect(grantsOf(stack)).toMatchObject([
      {
        principal: "serviceAccount:service-123456789012@gs-project-accounts.iam.gserviceaccount.com",
        role: "roles/pubsub.publisher",
        reasons: ["publishes what happens in acme-dev-web-dev-uploads"],
      },
    ]);
  });

  it("tells of every event unless some are named", () => {
    const notification = (props: Props) => plan((stack) => notify(stack, props)).one("google_storage_notification");
    expect(notification({})["event_types"]).toBeUndefined();
    expect(
      notification({
        events: ["finalized", "deleted", "archived", "metadata-updated"],
        prefix: "in/",
        attributes: { kind: "upload" },
        data: "none",
      }),
    ).toMatchObject({
      event_types: ["OBJECT_FINALIZE", "OBJECT_DELETE", "OBJECT_ARCHIVE", "OBJECT_METADATA_UPDATE"],
      object_name_prefix: "in/",
      custom_attributes: { kind: "upload" },
      payload_format: "NONE",
    });
  });
});
