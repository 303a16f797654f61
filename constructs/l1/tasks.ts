export { CloudTasksQueue } from "@cdktf/provider-google/lib/cloud-tasks-queue/index.js";
export { CloudTasksQueueIamMember } from "@cdktf/provider-google/lib/cloud-tasks-queue-iam-member/index.js";
