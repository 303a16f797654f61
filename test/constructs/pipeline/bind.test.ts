import { Construct } from "constructs";
import {
  DeadLetteredSubscription,
  EventDrivenPipeline,
  type IPipelineConsumer,
  type MillraceStack,
  principal,
} from "../../../constructs";
import { testContract } from "../../support/handlers";
import { codesOf, plan } from "../../support/synth";

/** A consumer as another construct would bring it: a pull subscription for a worker of its own. */
const worker: IPipelineConsumer = {
  name: "worker",
  bind(scope, id, { topic, notify, alarms, store }) {
    const home = new Construct(scope, id);
    store().expireDocuments("leases", "expireAt");
    return new DeadLetteredSubscription(home, "Subscription", { topic, name: this.name, notify, alarms });
  },
};

const pipeline = (stack: MillraceStack) => new EventDrivenPipeline(stack, "Orders", { consumers: [worker] });

describe("a consumer that binds itself", () => {
  it("makes its own way from the pipeline's topic, and its alarms are the pipeline's", () => {
    const { one, address } = plan((stack) => {
      expect(pipeline(stack).alarms.map(({ id }) => id)).toContain("DeadLetters");
    });
    const topic = address("google_pubsub_topic", { name: "web-dev-orders-topic" });
    expect(one("google_pubsub_subscription", { name: "web-dev-worker" })["topic"]).toBe(`\${${topic}.id}`);
  });

  it("is waited for by whoever publishes", () => {
    const { one, address } = plan((stack) => pipeline(stack).grantPublish(principal("group:shop@example.com")));
    const subscription = address("google_pubsub_subscription", { name: "web-dev-worker" });
    expect(one("google_pubsub_topic_iam_member", { member: "group:shop@example.com" })["depends_on"]).toContain(
      subscription,
    );
  });

  it("has a database made for it when it asks for one", () => {
    const { one } = plan((stack) => expect(pipeline(stack).store).toBeDefined());
    expect(one("google_firestore_database")["name"]).toBe("(default)");
  });

  it("has a name of its own", () => {
    const image = `europe-docker.pkg.dev/acme/app@sha256:${"0".repeat(64)}`;
    const charge = { contract: testContract({ name: "worker" }), runOn: "service", image } as const;
    expect(
      codesOf((stack) => new EventDrivenPipeline(stack, "Orders", { consumers: [worker, charge] }), {
        deletionProtection: false,
      }),
    ).toContain("MR1502");
  });
});
