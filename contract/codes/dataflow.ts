import type { CodeTable } from "./table";

const TEMPLATES = "https://cloud.google.com/dataflow/docs/guides/templates/provided-templates";

/** MR1750–MR1799: jobs of Dataflow. */
export const dataflowCodes = {
  MR1751: {
    title: "unknown template",
    why: "Dataflow finds out when the job is launched, in the middle of an apply",
    fix: "name a template of the catalogue, or give the gs:// path of your own to customTemplate",
    source: TEMPLATES,
  },
  MR1752: {
    title: "unknown template parameter",
    why: "Dataflow refuses the launch, in the middle of an apply",
    fix: "use the parameters that the template has",
    source: TEMPLATES,
  },
  MR1753: {
    title: "template parameter missing",
    why: "the job fails when its graph is built, minutes after the apply",
    fix: "give what the template needs",
    source: TEMPLATES,
  },
  MR1754: {
    title: "template parameter of another form",
    why: "the job fails when its graph is built, minutes after the apply; a table is project:dataset.table for Dataflow, with a colon",
    fix: "give the construct itself, or a text of the form that Dataflow wants",
    source: TEMPLATES,
  },
  MR1755: {
    title: "a Dataflow job reads a topic",
    why: "its subscription lives and dies with the job, so messages published between two jobs are lost; and it must be allowed to make one, which no role on a topic allows",
    fix: "use a template with inputSubscription, or grant roles/pubsub.editor yourself and acknowledge the loss",
    source: "https://cloud.google.com/dataflow/docs/concepts/streaming-with-cloud-pubsub",
  },
  MR1756: {
    title: "exactly-once delivery into Dataflow",
    why: "Dataflow removes duplicates itself, and exactly-once delivery costs throughput",
    fix: "turn exactlyOnce off on this subscription",
    source: "https://cloud.google.com/dataflow/docs/concepts/streaming-with-cloud-pubsub",
  },
  MR1757: {
    title: "workers where a subscription would do",
    why: "workers run and are paid for day and night",
    fix: "write by a subscription (writeTo of a pipeline), or give the template a function of yours",
    source: "https://cloud.google.com/pubsub/docs/bigquery",
  },
  MR1758: {
    title: "no table for rows that cannot be written",
    why: "the template makes one beside the output table, which needs a role on the whole dataset; without it the first bad message stops the job",
    fix: "give outputDeadletterTable; failedRows of a DataflowStreamingJob makes a table of the right columns",
    source: TEMPLATES,
  },
  MR1759: {
    title: "runner option among a template's parameters",
    why: "it is set twice, and Terraform sees a difference at every plan",
    fix: "set workers, network, serviceAccount or temporaryFiles of the job",
    source: "https://registry.terraform.io/providers/hashicorp/google/6.50.0/docs/resources/dataflow_job",
  },
  MR1760: {
    title: "impossible number of workers",
    why: "Dataflow refuses the launch, in the middle of an apply",
    fix: "set workers.max to 1–1000 and workers.initial to at most that, for a Flex template",
    source: "https://cloud.google.com/dataflow/quotas",
  },
  MR1761: {
    title: "many workers",
    why: "one stuck message can scale a job to all of them, and the bill with it",
    fix: "lower workers.max, or acknowledge the number",
  },
  MR1762: {
    title: "workers that may reach nothing",
    why: "a worker without a public address reaches Google's APIs through Private Google Access only; without it the job hangs and says little",
    fix: "name a subnetwork with Private Google Access, or set network.publicAddresses",
    source: "https://cloud.google.com/dataflow/docs/guides/routes-firewall",
  },
  MR1763: {
    title: "not a subnetwork of Dataflow",
    why: "Dataflow refuses the launch, in the middle of an apply",
    fix: "write regions/{region}/subnetworks/{subnetwork}, or a full URL for a shared VPC",
    source: "https://cloud.google.com/dataflow/docs/guides/specifying-networks",
  },
  MR1764: {
    title: "shared-core machines as workers",
    why: "Google does not support them for Dataflow, and gives no service level for the job",
    fix: "use a machine type with cores of its own, such as n1-standard-2",
    source: "https://cloud.google.com/dataflow/docs/guides/configure-worker-vm",
  },
  MR1765: {
    title: "streaming setting on a batch job",
    why: "a batch job ends by itself: there is nothing to take over or to drain",
    fix: "leave it out, or use a streaming template",
    source: "https://cloud.google.com/dataflow/docs/guides/updating-a-pipeline",
  },
  MR1766: {
    title: "batch job in a plan",
    why: "a job that has ended is gone for Terraform, so that every apply runs it again",
    fix: "launch it on a schedule or from a workflow instead, or acknowledge that an apply runs it",
    source: "https://registry.terraform.io/providers/hashicorp/google/6.50.0/docs/resources/dataflow_job",
  },
  MR1767: {
    title: "a streaming job that is cancelled",
    why: "what it has acknowledged and not yet written is lost at the next replacement",
    fix: 'leave onDelete at "drain"',
    source: "https://cloud.google.com/dataflow/docs/guides/stopping-a-pipeline",
  },
  MR1768: {
    title: "renamed steps without an update in place",
    why: "step names map the state of a job that is replaced while it runs, and no state is taken over here",
    fix: 'use updateStrategy "in-place", or leave renamedSteps out',
    source: "https://cloud.google.com/dataflow/docs/guides/updating-a-pipeline",
  },
  MR1769: {
    title: "change that a running job cannot take in place",
    why: "Dataflow refuses a graph that is not compatible, and the provider ends the job to change its region or number of workers; Terraform refuses before either happens",
    fix: 'set updateStrategy to "drain-and-replace" or "parallel" for this change',
    source: "https://cloud.google.com/dataflow/docs/guides/upgrade-guide",
  },
  MR1770: {
    title: "dead letters of Pub/Sub before Dataflow",
    why: "Dataflow gives messages back when workers come and go, so healthy ones use up their deliveries",
    fix: "leave maxDeliveryAttempts out, and let the template write what it cannot handle to a table or a topic",
    source: "https://cloud.google.com/dataflow/docs/concepts/streaming-with-cloud-pubsub",
  },
  MR1771: {
    title: "batch template in a streaming job",
    why: "the job ends, and nothing reads the subscription any more",
    fix: "use a streaming template, or a DataflowJob",
  },
} as const satisfies CodeTable;
