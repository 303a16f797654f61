import { readdirSync } from "node:fs";
import { join } from "node:path";
import { renderIssue } from "../../../contract/issue";
import { checkDelivery } from "../../../local/deliverability/check";
import { inputOfPath } from "../../../local/deliverability/input";
import { project } from "../../support/project";

/*
 * Configurations that somebody else wrote, with the mistakes that peers ship and users report: agents without grants,
 * roles on whole projects, tokens of the wrong kind, authoritative bindings.
 */
const folder = join(__dirname, "foreign");

const found = (file: string) => {
  const input = inputOfPath(join(folder, file));
  return checkDelivery(input.documents, { about: input.about }).issues;
};

/** `MR4401 push` for an issue at a resource whose name ends so. */
const heads = (file: string) =>
  found(file).map(({ code, path }) => `${code} ${path.split("/").at(-1)!.replace("google_", "")}`);

describe("somebody else's configuration", () => {
  it("that is wired right is left alone, its variables unknown", () => {
    expect(found("wired.tf.json").map(renderIssue)).toEqual([]);
  });

  it("of which nearly nothing is known is not guessed at", () => {
    expect(found("open.tf.json").map(renderIssue)).toEqual([]);
  });

  it("with dead letters that nobody may forward, and roles on the whole project", () => {
    expect(heads("dead-letters.tf.json")).toEqual([
      "MR4431 project_iam_member.bigquery",
      "MR4431 project_iam_member.storage",
      "MR4431 project_iam_member.tokens",
      "MR4406 pubsub_subscription.archive",
      "MR4406 pubsub_subscription.archive",
      "MR4410 pubsub_subscription.archive",
      "MR4412 pubsub_subscription.archive",
      "MR4415 pubsub_subscription.archive",
      "MR4442 pubsub_subscription.archive",
      "MR4442 pubsub_subscription.archive",
      "MR4406 pubsub_subscription.loop",
      "MR4406 pubsub_subscription.loop",
      "MR4408 pubsub_subscription.loop",
      "MR4410 pubsub_subscription.loop",
      "MR4412 pubsub_subscription.loop",
      "MR4414 pubsub_subscription.loop",
      "MR4416 pubsub_subscription.loop",
      "MR4442 pubsub_subscription.loop",
      "MR4401 pubsub_subscription.push",
      "MR4406 pubsub_subscription.push",
      "MR4406 pubsub_subscription.push",
      "MR4410 pubsub_subscription.push",
      "MR4412 pubsub_subscription.push",
      "MR4413 pubsub_subscription.push",
      "MR4442 pubsub_subscription.push",
      "MR4442 pubsub_subscription.push",
    ]);
  });

  it("with schedules that call with the wrong token, or as nobody, and tasks that nobody may carry out", () => {
    expect(heads("schedules.tf.json")).toEqual([
      "MR4402 cloud_scheduler_job.mail",
      "MR4413 cloud_scheduler_job.mail",
      "MR4401 cloud_scheduler_job.report",
      "MR4427 cloud_scheduler_job.report",
      "MR4401 cloud_scheduler_job.wrong",
      "MR4403 cloud_scheduler_job.wrong",
      "MR4413 cloud_scheduler_job.wrong",
      "MR4423 cloud_tasks_queue.mail",
      "MR4423 cloud_tasks_queue.mail",
      "MR4434 cloud_tasks_queue_iam_binding.job",
      "MR4430 cloud_tasks_queue_iam_member.cron",
    ]);
  });

  it("with events that nobody may receive, publishers that may not publish, and APIs out of order", () => {
    expect(heads("events.tf.json")).toEqual([
      "MR4424 cloud_run_v2_service.uploads",
      "MR4441 cloud_run_v2_service.uploads",
      "MR4433 cloud_run_v2_service_iam_member.everybody",
      "MR4441 cloud_run_v2_service_iam_member.everybody",
      "MR4405 eventarc_trigger.uploads",
      "MR4417 eventarc_trigger.uploads",
      "MR4426 eventarc_trigger.uploads",
      "MR4426 eventarc_trigger.uploads",
      "MR4405 logging_project_sink.errors",
      "MR4440 logging_project_sink.errors",
      "MR4405 monitoring_notification_channel.notes",
      "MR4440 monitoring_notification_channel.notes",
      "MR4418 pubsub_topic.notes",
      "MR4441 pubsub_topic.notes",
      "MR4440 storage_bucket.uploads",
      "MR4405 storage_notification.notes",
    ]);
  });

  it("with workloads that lack what they name, and builds that lack what they need", () => {
    expect(heads("workloads.tf.json")).toEqual(
      [
        "MR4422 cloudfunctions2_function.resize",
        "MR4422 cloudfunctions2_function.resize",
        "MR4422 cloudfunctions2_function.resize",
        "MR4422 cloudfunctions2_function.resize",
        "MR4411 cloudfunctions2_function.thumbs",
        "MR4417 pubsub_subscription.resize",
        "MR4404 pubsub_subscription.resize",
        "MR4406 pubsub_subscription.resize",
        "MR4406 pubsub_subscription.resize",
        "MR4419 cloud_run_v2_service.orders",
        "MR4420 cloud_run_v2_service.orders",
        "MR4421 cloud_run_v2_service.orders",
      ].sort(byPath),
    );
  });

  it("is every file of the folder", () => {
    const files = readdirSync(folder).sort();
    expect(files).toEqual([
      "dead-letters.tf.json",
      "events.tf.json",
      "open.tf.json",
      "schedules.tf.json",
      "wired.tf.json",
      "workloads.tf.json",
    ]);
  });
});

const byPath = (a: string, b: string): number => {
  const [left, right] = [a, b].map((text) => text.split(" ").toReversed().join(" "));
  return left! < right! ? -1 : 1;
};

describe("what can be checked", () => {
  const topic = (name: string) => JSON.stringify({ resource: { google_pubsub_topic: { [name]: { name } } } });

  it("is a folder of files, whose sections are one", () => {
    const subscription = {
      resource: [
        {
          google_pubsub_subscription: [
            {
              s: [
                {
                  name: "s",
                  topic: "${google_pubsub_topic.a.id}",
                  dead_letter_policy: [{ dead_letter_topic: "${google_pubsub_topic.b.id}" }],
                },
              ],
            },
          ],
        },
      ],
    };
    const at = project(
      { "a.tf.json": topic("a"), "b.tf.json": topic("b"), "s.tf.json": JSON.stringify(subscription) },
      "orders",
    );
    const { documents, about } = inputOfPath(at);
    expect(about).toEqual(["orders"]);
    expect(checkDelivery(documents).issues.map(({ code }) => code)).toEqual(
      expect.arrayContaining(["MR4406", "MR4407"]),
    );
  });

  it.each([
    ["a folder in HCL", { "main.tf": "", "a.tf.json": topic("a") }, "", /MR4450 .*main\.tf/],
    ["an empty folder", { "README.md": "" }, "", /MR4450 .*no \.tf\.json/],
    ["a document without resources", { "a.tf.json": "{}" }, "a.tf.json", /MR4450 .*no resource/],
    ["a file that is no JSON", { "a.tf.json": "resource {" }, "a.tf.json", /MR4003/],
  ])("is not %s", (_what, files, path, message) => {
    expect(() => inputOfPath(join(project(files as Record<string, string>), path))).toThrow(message);
  });
});
