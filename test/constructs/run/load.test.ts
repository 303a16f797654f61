import {
  CloudFunction,
  CloudRunService,
  type CloudRunServiceProps,
  every,
  MillraceStack,
  SchedulerJob,
  ServiceAccount,
  Subscription,
  type SubscriptionProps,
  Topic,
} from "../../../constructs";
import { handlersOf, testContract } from "../../support/handlers";
import { codesOf, issuesOf, plan } from "../../support/synth";

const image = `europe-docker.pkg.dev/acme/images/api@sha256:${"0".repeat(64)}`;
const own = (props: Partial<CloudRunServiceProps> = {}) => ({ image, ...props }) as CloudRunServiceProps;
const codesFor = (props: Partial<CloudRunServiceProps>) =>
  codesOf((stack) => new CloudRunService(stack, "Api", own(props)));

const pushed = (service: Partial<CloudRunServiceProps>, props: Partial<SubscriptionProps>) =>
  codesOf((stack) => {
    const target = new CloudRunService(stack, "Api", own(service));
    const topic = new Topic(stack, "Orders");
    new Subscription(stack, "S", { topic, deadLetter: false, ackDeadline: "600s", push: { target }, ...props });
  });

describe("a workload with something behind it", () => {
  const downstream = { name: "the orders database", connections: 50 };

  it("is refused with MR1333 when all of its requests would be more than that takes", () => {
    expect(codesFor({ maxInstances: 10, concurrency: 5, downstream })).toEqual([]);
    const [issue] = issuesOf(
      (stack) => new CloudRunService(stack, "Api", own({ maxInstances: 11, concurrency: 5, downstream })),
    );
    expect(issue).toMatchObject({ code: "MR1333", severity: "error", got: "55" });
    expect(codesFor({ maxInstances: 10, concurrency: 5, downstream: { connections: 50, perRequest: 2 } })).toEqual([
      "MR1333",
    ]);
  });
});

describe("a workload that somebody waits for", () => {
  it("is warned of with MR1334 when no instance is warm", () => {
    expect(codesFor({ latencySensitive: true })).toEqual(["MR1334"]);
    expect(codesFor({ latencySensitive: true, minInstances: 1 })).toEqual([]);
  });
});

describe("a peak that is declared", () => {
  it("is warned of with MR1140 when the target takes fewer requests at a time", () => {
    const peak = { perSecond: 200, secondsEach: 0.5 };
    expect(pushed({ maxInstances: 10, concurrency: 10 }, { peak })).toEqual([]);
    expect(pushed({ maxInstances: 9, concurrency: 10 }, { peak })).toEqual(["MR1140"]);
  });

  it("is warned of with MR1141 when it is too much for an ordering key", () => {
    const peak = { perSecond: 2_000, bytesEach: 1_000 };
    expect(pushed({}, { ordering: true, peak })).toEqual(["MR1141"]);
    expect(pushed({}, { ordering: true, peak: { ...peak, orderingKeys: 2 } })).toEqual([]);
    expect(pushed({}, { peak })).toEqual([]);
  });
});

describe("a handler that relies on order", () => {
  const contract = testContract({ order: true });
  const codes = (ordering: boolean) =>
    codesOf(
      (stack) => {
        const target = new CloudFunction(stack, "Charge", { contract, entry: "charge.handler.ts" });
        const topic = new Topic(stack, "Orders");
        new Subscription(stack, "S", { topic, deadLetter: false, ackDeadline: "600s", push: { target }, ordering });
      },
      { handlersDir: handlersOf(contract) },
    );

  it("is refused with MR1139 behind a subscription that keeps none", () => {
    expect(codes(false)).toEqual(["MR1139"]);
    expect(codes(true)).toEqual([]);
  });
});

describe("billing by request", () => {
  const pulling = (billing: "request" | "instance") =>
    codesOf((stack) => {
      const service = new CloudRunService(stack, "Api", own({ billing }));
      const topic = new Topic(stack, "Orders");
      new Subscription(stack, "S", { topic, deadLetter: false }).grantConsume(service.serviceAccount);
    });

  it("is warned of with MR1335 when the service pulls", () => {
    expect(pulling("request")).toEqual(["MR1335"]);
    expect(pulling("instance")).toEqual([]);
  });
});

describe("billing by instance", () => {
  const called = (alsoBy?: "somebody") =>
    codesOf((stack) => {
      const call = new CloudRunService(stack, "Api", own({ billing: "instance" }));
      new SchedulerJob(stack, "Hourly", { schedule: every.minutes(30), target: { call } });
      if (alsoBy) call.grantInvoke(new ServiceAccount(stack, "Shop"));
    });

  it("is warned of with MR1336 when schedules alone call", () => {
    expect(called()).toEqual(["MR1336"]);
    expect(called("somebody")).toEqual([]);
  });
});

describe("a workload that is public", () => {
  const open: Partial<CloudRunServiceProps> = { public: true, ingress: "all" };

  it("lets everybody call it, with a warning that wants a reason", () => {
    const { all } = plan((stack) => new CloudRunService(stack, "Api", own(open)));
    expect(all("google_cloud_run_v2_service_iam_member")).toMatchObject([
      { member: "allUsers", role: "roles/run.invoker" },
    ]);
    expect(codesFor(open)).toEqual(["MR1027"]);
  });

  it("is not one by a grant alone", () => {
    const codes = codesOf((stack) => {
      const api = new CloudRunService(stack, "Api", own({ ingress: "all" }));
      api.grantInvoke({ member: "allUsers", principal: "allUsers", granteeId: "everybody" });
    });
    expect(codes).toEqual(["MR1020"]);
  });

  it("is not one by switching the check of callers off", () => {
    const codes = codesOf((stack) => {
      new CloudRunService(stack, "Over", own()).resource.addOverride("invoker_iam_disabled", true);
      new CloudRunService(stack, "Set", own()).resource.invokerIamDisabled = true;
    });
    expect(codes).toEqual(["MR1020", "MR1020"]);
  });

  it("is refused with MR1337 where ingress or the runtime would disagree", () => {
    expect(codesFor({ public: true })).toContain("MR1337");
    const codes = (auth: "platform" | "self") => {
      const contract = testContract({ auth });
      return codesOf(
        (stack) =>
          new CloudFunction(stack, "Charge", { contract, entry: "charge.handler.ts", ingress: "all", public: true }),
        { handlersDir: handlersOf(contract) },
      );
    };
    expect(codes("platform")).toContain("MR1337");
    expect(codes("self")).not.toContain("MR1337");
  });
});

describe("a workload's identity", () => {
  it.each(["123456789012-compute@developer.gserviceaccount.com", "acme-dev@appspot.gserviceaccount.com"])(
    "is refused with MR1026 when it is the default account %s",
    (email) => {
      const codes = codesOf((stack: MillraceStack) => {
        const serviceAccount = ServiceAccount.fromExisting(stack, "Default", email);
        new CloudRunService(stack, "Api", own({ serviceAccount }));
      });
      expect(codes).toEqual(["MR1026"]);
    },
  );
});
